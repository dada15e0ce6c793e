/** Colours of people: those who are in one document differ for as long as there are colours. */
import type { Awareness } from 'y-protocols/awareness'
import palette from './colors.json'
import { shownId } from './shownId'

/** Those that the server gives to accounts. */
export const COLORS: string[] = palette

interface State {
  user?: { id?: string; color?: string }
}

/**
 * The colour that this client should show. Of two people with one colour the one with the lowest client id keeps it,
 * the other takes a free one; with none free both keep it. Tabs of one person follow the lowest of them.
 */
function colorFor(awareness: Awareness, me: string): string | undefined {
  const mine = (awareness.getLocalState() as State | null)?.user
  if (!mine?.color) return undefined
  const first = new Map<string, { client: number; color: string }>()
  for (const [client, state] of awareness.getStates()) {
    const { id, color } = (state as State).user ?? {}
    if (!color) continue
    const person = client === awareness.clientID ? me : (id ?? String(client))
    if (client < (first.get(person)?.client ?? Infinity)) first.set(person, { client, color })
  }
  const own = first.get(me)
  if (own && own.client !== awareness.clientID) return own.color
  const others = [...first].flatMap(([person, held]) => (person === me ? [] : [held]))
  if (!others.some(({ client, color }) => color === mine.color && client < awareness.clientID)) return mine.color
  const taken = new Set(others.map(({ color }) => color))
  return COLORS.find((color) => !taken.has(color)) ?? mine.color
}

/** Keeps this client's colour apart from the others'; returns the stop function. */
export function keepApart(awareness: Awareness): () => void {
  const { id } = (awareness.getLocalState() as State | null)?.user ?? {}
  const me = id === undefined ? String(awareness.clientID) : shownId(id)
  const look = () => {
    const state = awareness.getLocalState() as State | null
    const color = colorFor(awareness, me)
    if (color && color !== state?.user?.color) awareness.setLocalStateField('user', { ...state?.user, color })
  }
  awareness.on('change', look)
  look()
  return () => awareness.off('change', look)
}
