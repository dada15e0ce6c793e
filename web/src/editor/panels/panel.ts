/** What may stand open beside the text, one at a time. */
export type Panel = 'find' | 'help' | 'emoji' | 'link' | 'alt'

/** What the page around the editor can do for its menus. */
export interface PageActions {
  /** This and `copy` are null for people without an account. */
  create: (() => void) | null
  copy: (() => void) | null
  download: (format: 'markdown' | 'html' | 'text' | 'json') => void
  count: () => void
  outline: { shown: boolean; toggle: () => void }
  theme: { dark: boolean; toggle: () => void }
  /** Says something in passing. */
  say: (message: string) => void
  /** Null for people who may not. */
  trash: (() => void) | null
}
