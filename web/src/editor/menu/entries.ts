/** What a menu is made of. */
import type { ReactNode } from 'react'
import { MAC } from '../mac'

export interface Command {
  label: string
  /** Keys as `Mod+B`; Mod is Ctrl, on a Mac ⌘. */
  keys?: string
  active?: boolean
  disabled?: boolean
  danger?: boolean
  run: () => void
}

interface Submenu {
  label: string
  disabled?: boolean
  items: Entry[]
}

/** A part of a menu that is no list of commands; `close` closes the whole menu. */
interface Custom {
  label: string
  disabled?: boolean
  show: (close: () => void) => ReactNode
}

export type Entry = Command | Submenu | Custom | 'line'
export interface MenuOf {
  label: string
  items: Entry[]
}

/** The keys as this machine names them. */
export function keysHere(keys: string): string {
  return MAC ? keys.replace('Mod+', '⌘').replace('Shift+', '⇧').replace('Alt+', '⌥') : keys.replace('Mod', 'Ctrl')
}
