/** Cells that two people added to one row at the same moment, of which one is taken away again. */
import * as Y from 'yjs'
import { idOf, textIn } from './block'
import { isNewIn } from './items'

const CELLS = new Set(['tableCell', 'tableHeader'])

/** Where words may be written in the cell that stands beside a deleted one under the same id. */
export function twinOf(text: Y.XmlText, transaction: Y.Transaction): Y.XmlText | null {
  let cell = text.parent
  while (cell instanceof Y.XmlElement && !CELLS.has(cell.nodeName)) cell = cell.parent
  if (!(cell instanceof Y.XmlElement) || !cell._item?.deleted) return null
  const [id, row] = [idOf(cell), cell.parent]
  if (id === undefined || !(row instanceof Y.XmlElement)) return null
  // One that came just now is a copy.
  const isOld = ({ _item: item }: Y.XmlElement): boolean => item !== null && !isNewIn(transaction, item)
  const twin = row.toArray().find((other) => other instanceof Y.XmlElement && idOf(other) === id && isOld(other))
  if (!(twin instanceof Y.XmlElement)) return null
  // A list or a picture that somebody put there takes no words itself.
  let block = twin.toArray().find((part) => part instanceof Y.XmlElement && part.nodeName === 'paragraph')
  if (!(block instanceof Y.XmlElement)) twin.push([(block = new Y.XmlElement('paragraph'))])
  return textIn(block)
}
