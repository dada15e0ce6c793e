/** What a menu is made of. */
import type { ReactNode } from 'react'

export interface Command {
  label: string
  /** Its keys, as this machine names them. */
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
