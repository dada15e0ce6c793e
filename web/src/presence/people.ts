/** Who is here: one entry a person, however many tabs they have. */
import i18next from 'i18next'
import type { Awareness } from 'y-protocols/awareness'

const IDLE_AFTER = 60_000

export interface Person {
  client: number
  id: string
  name: string
  color: string
  idle: boolean
}

/** What the server lets somebody show: an account its own name, a guest a chosen one with a mark. */
export interface User {
  id?: string
  name?: string
  color?: string
  guest?: boolean
}

interface State {
  user?: User
  idle?: boolean
}

/** A name of at most `most` characters, with the mark of a guest: nobody passes for a member by calling themselves so. */
export function nameOf(user: User, most: number): string {
  const name = String(user.name ?? '').slice(0, most)
  return user.guest ? i18next.t('guest.named', { name }) : name
}

export function peopleOf(awareness: Awareness): Person[] {
  const people = new Map<string, Person>()
  for (const [client, raw] of awareness.getStates()) {
    const { user, idle } = raw as State
    if (client === awareness.clientID || !user?.name) continue
    const person = {
      client,
      id: user.id ?? String(client),
      name: nameOf(user, 60),
      color: /^#[0-9a-f]{6}$/i.test(user.color ?? '') ? String(user.color) : '#5b4ab5',
      idle: Boolean(idle),
    }
    const known = people.get(person.id)
    if (!known || (known.idle && !person.idle)) people.set(person.id, person)
  }
  return [...people.values()].sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id))
}

/** Whether two lists show the same: carets move many times a second, people come and go rarely. */
export function samePeople(a: Person[], b: Person[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** Marks this person idle when nothing was touched for a while; returns the stop function. */
export function watchIdleness(awareness: Awareness): () => void {
  let timer: ReturnType<typeof setTimeout>
  const sleep = () => awareness.setLocalStateField('idle', true)
  const wake = () => {
    clearTimeout(timer)
    if ((awareness.getLocalState() as State | null)?.idle) awareness.setLocalStateField('idle', false)
    timer = setTimeout(sleep, IDLE_AFTER)
  }
  const events = ['keydown', 'pointerdown', 'pointermove', 'focus'] as const
  for (const event of events) window.addEventListener(event, wake, { passive: true })
  wake()
  return () => {
    clearTimeout(timer)
    for (const event of events) window.removeEventListener(event, wake)
  }
}
