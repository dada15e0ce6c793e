/** Colours of people: those who are in one document differ for as long as there are colours. */
import type { Awareness } from 'y-protocols/awareness'
import palette from './colors.json'
import { userOf } from './people'
import { shownId } from './shownId'

/** Those that the server gives to accounts. */
export const COLORS: string[] = palette

/**
 * The colour that this client should show. Of two people with one colour the one with the lowest client id keeps it,
 * the other takes a free one; with none free both keep it. Tabs of one person follow the lowest of them.
 */
function colorFor(awareness: Awareness, me: string): string | undefined {
  const { color: mine } = userOf(awareness.getLocalState() ?? {})
  if (!mine) return undefined
  const first = new Map<string, { client: number; color: string }>()
  for (const [client, state] of awareness.getStates()) {
    const { id, color } = userOf(state)
    if (!color) continue
    const person = client === awareness.clientID ? me : (id ?? String(client))
    if (client < (first.get(person)?.client ?? Infinity)) first.set(person, { client, color })
  }
  const own = first.get(me)
  if (own && own.client !== awareness.clientID) return own.color
  const others = [...first].flatMap(([person, held]) => (person === me ? [] : [held]))
  if (!others.some(({ client, color }) => color === mine && client < awareness.clientID)) return mine
  const taken = new Set(others.map(({ color }) => color))
  return COLORS.find((color) => !taken.has(color)) ?? mine
}

/** Keeps this client's colour apart from the others'; returns the stop function. */
export function keepApart(awareness: Awareness): () => void {
  const { id } = userOf(awareness.getLocalState() ?? {})
  const me = id === undefined ? String(awareness.clientID) : shownId(id)
  const look = () => {
    const color = colorFor(awareness, me)
    const user = (awareness.getLocalState() as { user?: { color?: string } } | null)?.user
    if (color && color !== user?.color) awareness.setLocalStateField('user', { ...user, color })
  }
  awareness.on('change', look)
  look()
  return () => awareness.off('change', look)
}
