import { MAX_TITLE } from '../../api/client'

/** A title of no more than its most characters, and no half of one at the end: the server takes none. */
export const cutTitle = (words: string): string => words.slice(0, MAX_TITLE).replace(/[\ud800-\udbff]$/, '')
