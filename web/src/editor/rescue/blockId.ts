/** Ids of blocks in the shared document, also of those that were just deleted. */
import * as Y from 'yjs'

/** The id of the block around a text. */
export function blockId(text: Y.XmlText): unknown {
  return text.parent instanceof Y.XmlElement ? idOf(text.parent) : undefined
}

export function idOf(element: Y.XmlElement): unknown {
  return element._map.get('id')?.content.getContent()[0]
}
