/** Who is here: one entry a person, however many tabs they have. */
import type { Awareness } from 'y-protocols/awareness'

const IDLE_AFTER = 60_000

export interface Person {
  client: number
  id: string
  name: string
  color: string
  idle: boolean
}

interface State {
  user?: { id?: string; name?: string; color?: string }
  idle?: boolean
}

export function peopleOf(awareness: Awareness): Person[] {
  const people = new Map<string, Person>()
  for (const [client, raw] of awareness.getStates()) {
    const { user, idle } = raw as State
    if (client === awareness.clientID || !user?.name) continue
    const person = {
      client,
      id: user.id ?? String(client),
      name: String(user.name).slice(0, 60),
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
