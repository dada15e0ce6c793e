/** What may stand open beside the text, one at a time. */
export type Panel = 'find' | 'help' | 'emoji' | 'link' | 'alt'

/** What the page around the editor can do for its menus. */
export interface PageActions {
  create: () => void
  /** Null for people without an account. */
  copy: (() => void) | null
  download: (format: 'markdown' | 'html' | 'text' | 'json') => void
  count: () => void
  /** Says something in passing. */
  say: (message: string) => void
  /** Null for people who may not. */
  trash: (() => void) | null
}
