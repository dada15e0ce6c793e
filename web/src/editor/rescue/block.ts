/** Blocks in the shared document: their ids, also of those that were just deleted, and their texts, one a line. */
import * as Y from 'yjs'

/** The id of the block around a text. */
export function blockId(text: Y.XmlText): unknown {
  return text.parent instanceof Y.XmlElement ? idOf(text.parent) : undefined
}

export function idOf(element: Y.XmlElement): unknown {
  return element._map.get('id')?.content.getContent()[0]
}

/** The first text of a block, made if there is none. */
export function textIn(block: Y.XmlElement): Y.XmlText {
  const found = block.toArray().find((part) => part instanceof Y.XmlText)
  if (found) return found
  const fresh = new Y.XmlText()
  block.insert(0, [fresh])
  return fresh
}

/** The lines of the block around a text, as far as they count, each with how many stand before it. */
export function linesOf(text: Y.XmlText, counts: (one: Y.XmlText) => boolean): Map<Y.XmlText, number> {
  const lines = new Map<Y.XmlText, number>()
  let count = 0
  for (let item = text.parent?._start ?? null; item !== null; item = item.right) {
    if (!(item.content instanceof Y.ContentType) || !(item.content.type instanceof Y.XmlText)) continue
    lines.set(item.content.type, count)
    count += Number(counts(item.content.type))
  }
  return lines
}
