/** What is sent in pieces: each is small and stands on those before, and together they are the document. */
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { inPieces } from '../../src/sync/connection/pieces'

/** A document that several people wrote in at once, one inside what another wrote, and deleted in. */
function written(edits: number): Y.Doc {
  const docs = [1, 2, 3].map((client) => Object.assign(new Y.Doc(), { clientID: client }))
  let chance = 7
  const upTo = (most: number): number => (chance = (chance * 16_807) % 2_147_483_647) % most
  for (let edit = 0; edit < edits; edit += 1) {
    const doc = docs[upTo(docs.length)]!
    const blocks = doc.getXmlFragment('default')
    if (blocks.length === 0 || upTo(5) === 0) {
      const block = new Y.XmlElement('paragraph')
      block.insert(0, [new Y.XmlText()])
      blocks.insert(upTo(blocks.length + 1), [block])
    }
    const text = (blocks.get(upTo(blocks.length)) as Y.XmlElement).get(0) as Y.XmlText
    text.insert(upTo(text.length + 1), 'word '.repeat(1 + upTo(3)))
    if (text.length > 9 && upTo(3) === 0) text.delete(upTo(5), 4)
    const other = docs[upTo(docs.length)]!
    Y.applyUpdate(other, Y.encodeStateAsUpdate(doc, Y.encodeStateVector(other)))
  }
  for (const doc of docs.slice(1)) Y.applyUpdate(docs[0]!, Y.encodeStateAsUpdate(doc))
  return docs[0]!
}

test('a long update comes in pieces that each stand on those before', () => {
  const doc = written(1500)
  const known = new Y.Doc()
  Y.applyUpdate(known, Y.encodeStateAsUpdate(written(200)))
  for (const from of [new Y.Doc(), known]) {
    const update = Y.encodeStateAsUpdate(doc, Y.encodeStateVector(from))
    const pieces = inPieces(update, 2000)
    expect(pieces.length).toBeGreaterThan(5)
    for (const piece of pieces.slice(0, -1)) {
      expect(piece.byteLength).toBeLessThan(2300)
      Y.applyUpdate(from, piece)
      expect(from.store.pendingStructs).toBeNull()
    }
    Y.applyUpdate(from, pieces.at(-1)!)
    expect(from.store.pendingStructs ?? from.store.pendingDs).toBeNull()
    expect(Y.equalSnapshots(Y.snapshot(from), Y.snapshot(doc))).toBe(true)
    expect(from.getXmlFragment('default').toJSON()).toBe(doc.getXmlFragment('default').toJSON())
  }
})

test('a short update stays as it is', () => {
  const update = Y.encodeStateAsUpdate(written(20))
  expect(inPieces(update)).toEqual([update])
})
