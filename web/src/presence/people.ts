/** Who is here: one entry a person, however many tabs they have. */
import i18next from 'i18next'
import type { Awareness } from 'y-protocols/awareness'

const IDLE_AFTER_MS = 60_000

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

/** What a state says of its person, where it has the form that it must have: anybody can send anything. */
export function userOf(state: unknown): User {
  const { user } = state as { user?: unknown }
  if (typeof user !== 'object' || user === null) return {}
  const { id, name, color, guest } = user as Record<string, unknown>
  return { id: words(id), name: words(name), color: words(color), guest: guest === true }
}

function words(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Whether a state says that its person does nothing. */
export function isIdle(state: unknown): boolean {
  return (state as { idle?: unknown }).idle === true
}

/**
 * A name of at most `most` characters, with the mark of a guest: nobody passes for a member by calling themselves so,
 * or by turning the mark around.
 */
export function nameOf(user: User, most: number): string {
  const name = [...(user.name ?? '').replace(/\p{Bidi_Control}/gu, '')].slice(0, most).join('')
  return user.guest ? i18next.t('guest.named', { name }) : name
}

/** A colour that can be shown, whatever the other said. */
export function colorOf(user: User): string {
  return user.color && /^#[0-9a-f]{6}$/i.test(user.color) ? user.color : '#5b4ab5'
}

/** Everybody else who is here, each once. */
export function peopleOf(awareness: Awareness): Person[] {
  const people = new Map<string, Person>()
  for (const [client, state] of awareness.getStates()) {
    const user = userOf(state)
    if (client === awareness.clientID || !user.name) continue
    const person = {
      client,
      id: user.id ?? String(client),
      name: nameOf(user, 60),
      color: colorOf(user),
      idle: isIdle(state),
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
    if (isIdle(awareness.getLocalState() ?? {})) awareness.setLocalStateField('idle', false)
    timer = setTimeout(sleep, IDLE_AFTER_MS)
  }
  const events = ['keydown', 'pointerdown', 'pointermove', 'focus'] as const
  for (const event of events) window.addEventListener(event, wake, { passive: true })
  wake()
  return () => {
    clearTimeout(timer)
    for (const event of events) window.removeEventListener(event, wake)
  }
}
