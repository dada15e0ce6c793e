/** What a browser could not lay out, though it is small: shown as an unknown block, with its words (web/patches). */
import { Extension } from '@tiptap/core'
import type { Node } from '@tiptap/pm/model'

/**
 * Places that the cells of a table may take beside their own. A browser lays out rows times columns: a hundred rows of
 * wide and tall cells, each too small to be noticed, would hold it for ever. No table that somebody makes has so many.
 */
const MOST_SPANNED = 100_000
/** Line breaks and the like before the first letter, among which a browser looks for it at each that is added. */
const MOST_BEFORE_LETTERS = 2000

function tableIsBearable(rows: readonly Node[]): boolean {
  let spanned = 0
  for (const [at, row] of rows.entries()) {
    row.forEach(({ attrs: { colspan, rowspan } }) => {
      spanned += Number(colspan ?? 1) * Math.min(Number(rowspan ?? 1), rows.length - at) - 1
    })
  }
  return spanned <= MOST_SPANNED
}

function lineIsBearable(inline: readonly Node[]): boolean {
  const first = inline.findIndex(({ text }) => text !== undefined && /\p{L}/u.test(text))
  return (first < 0 ? inline.length : first) <= MOST_BEFORE_LETTERS
}

const BEARABLE: Record<string, ((children: readonly Node[]) => boolean) | undefined> = {
  table: tableIsBearable,
  paragraph: lineIsBearable,
  heading: lineIsBearable,
}

export const Bearable = Extension.create({
  name: 'bearable',
  extendNodeSchema: ({ name }) => ({ bears: BEARABLE[name] }),
})
