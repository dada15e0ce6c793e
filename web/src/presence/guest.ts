/** Visitors without an account get a friendly name, kept in this browser only. */
import { uuidv4 } from 'lib0/random'
import type { Me } from '../sync/types'

const KEY = 'quire:guest'
const ANIMALS = ['Otter', 'Heron', 'Lynx', 'Badger', 'Robin', 'Marten', 'Swift', 'Beaver', 'Puffin', 'Hare']
const COLORS = ['#b3261e', '#8a5a00', '#3d6b21', '#00696f', '#1a5fb4', '#5b4ab5', '#9a3b8b', '#6b4f3a']

function pick(list: string[]): string {
  return list[Math.floor(Math.random() * list.length)] ?? ''
}

export function guest(): Me {
  try {
    const known = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Me | null
    if (known?.id && known.name && known.color) return known
  } catch {
    // A new name will do.
  }
  const made = { id: uuidv4(), name: `Anonymous ${pick(ANIMALS)}`, color: pick(COLORS) }
  try {
    sessionStorage.setItem(KEY, JSON.stringify(made))
  } catch {
    // Without storage the name lasts as long as the page.
  }
  return made
}
