/** The updates of a local copy are taken in together when the document is opened. */
import { expect, test } from 'vitest'
import * as Y from 'yjs'

test('a word that is stored as it was when its block was deleted, and as it was afterwards, opens', () => {
  const writer = new Y.Doc()
  const blocks = writer.getXmlFragment('default')
  const text = new Y.XmlText()
  const block = new Y.XmlElement('paragraph')
  block.insert(0, [text])
  blocks.insert(0, [block, new Y.XmlElement('paragraph')])
  const empty = Y.encodeStateAsUpdate(writer)
  text.insert(0, 'wo')
  const other = new Y.Doc()
  Y.applyUpdate(other, Y.encodeStateAsUpdate(writer))
  other.getXmlFragment('default').delete(0, 1)
  const deleted = Y.encodeStateAsUpdate(other)
  // One piece with the letters before, in the document of who writes it.
  text.insert(2, 'rd')
  const whole = Y.encodeStateAsUpdate(writer)
  const opened = new Y.Doc()
  Y.transact(opened, () => [empty, deleted, whole].forEach((update) => Y.applyUpdate(opened, update)))
  expect(opened.getXmlFragment('default').toArray()).toHaveLength(1)
  expect(Y.encodeStateVector(opened)).toEqual(Y.encodeStateVector(writer))
})
