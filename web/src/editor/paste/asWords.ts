import { Slice } from '@tiptap/pm/model'

/** What comes from within one block without this block: put before other words, it made a heading or an item of them. */
export function asWords(slice: Slice): Slice {
  const { openStart, openEnd } = slice
  let { content } = slice
  for (let depth = 0; depth < openStart; depth += 1) {
    if (content.childCount !== 1) return slice
    content = content.child(0).content
  }
  return openStart === openEnd && content.firstChild?.isInline ? new Slice(content, 0, 0) : slice
}
