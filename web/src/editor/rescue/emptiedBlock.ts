/** Words typed into a block that was empty for whoever took it away: nobody meant to delete them. */
import * as Y from 'yjs'

/** What may hold a paragraph beside others, as the document itself may. */
const HOLDERS = new Set(['blockquote', 'listItem', 'taskItem', 'tableCell', 'tableHeader'])
const ITEMS = new Set(['listItem', 'taskItem'])

/** Writes them into a paragraph of their own where the block was, in an item of its own where that was one. */
export function restoreEmptiedBlock(text: Y.XmlText, words: string): void {
  let gone = text.parent
  while (gone instanceof Y.XmlElement) {
    const { parent } = gone
    const isThere = !(parent instanceof Y.XmlElement) || !parent._item?.deleted
    const isItem = ITEMS.has(gone.nodeName) && parent instanceof Y.XmlElement && isThere
    const holds = !(parent instanceof Y.XmlElement) || HOLDERS.has(parent.nodeName)
    if (parent && isThere && (isItem || holds)) {
      const paragraph = new Y.XmlElement('paragraph')
      paragraph.insert(0, [new Y.XmlText(words)])
      const block = isItem ? new Y.XmlElement(gone.nodeName) : paragraph
      if (isItem) block.insert(0, [paragraph])
      ;(parent as Y.XmlFragment).insert(placeBehind(gone), [block])
      return
    }
    gone = parent
  }
}

/** How many stand before an element. */
function placeBehind({ _item }: Y.XmlElement): number {
  let place = _item && !_item.deleted ? 1 : 0
  for (let item = _item?.left ?? null; item !== null; item = item.left) if (!item.deleted) place += item.length
  return place
}
