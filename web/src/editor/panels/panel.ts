import type { Format } from '../../api/client'

/** What may stand open beside the text, one at a time. */
export type Panel = 'find' | 'help' | 'emoji' | 'link' | 'alt' | 'words'

/** What the page around the editor can do for its menus. */
export interface PageActions {
  /** This and `copy` are null for people without an account. */
  create: (() => void) | null
  copy: (() => void) | null
  /** These two are null for people who may not. */
  rename: (() => void) | null
  share: (() => void) | null
  download: (format: Format) => void
  /** In a narrow window it lies over the page. */
  outline: { over: boolean; shown: boolean; toggle: () => void }
  theme: { dark: boolean; toggle: () => void }
  /** Says something in passing. */
  say: (message: string) => void
  /** Null for people who may not. */
  trash: (() => void) | null
}
