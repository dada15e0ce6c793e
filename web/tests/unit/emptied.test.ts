/** A document that somebody empties: its first line is plain again, and nothing else is made plain. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { Replica } from '../replicas/replica'
import { settled } from '../replicas/settled'

let one: Replica
let other: Replica

const shown = ({ editor }: Replica) =>
  editor.state.doc.children.map(({ type, textContent }) => [type.name, textContent])

function selectFromStartToEnd({ editor }: Replica): void {
  editor.commands.setTextSelection({ from: 1, to: editor.state.doc.content.size - 1 })
}

beforeEach(async () => {
  one = new Replica(1, Y.encodeStateAsUpdate(new Y.Doc()))
  one.editor.commands.insertContent([
    { type: 'heading', attrs: { level: 2 }, content: [{ type: 'text', text: 'title' }] },
    { type: 'paragraph', content: [{ type: 'text', text: 'words' }] },
  ])
  await settled()
  other = new Replica(2, Y.encodeStateAsUpdate(one.doc))
  await settled()
  one.outgoing()
  other.outgoing()
})

afterEach(() => {
  one.close()
  other.close()
})

test('who deletes everything goes on in a plain paragraph', () => {
  selectFromStartToEnd(one)
  one.editor.commands.deleteSelection()
  expect(shown(one)).toEqual([['paragraph', '']])
})

test('empty lines that are selected take a format, though there is nothing else in the document', () => {
  one.editor.commands.setContent({ type: 'doc', content: [{ type: 'paragraph' }, { type: 'paragraph' }] })
  selectFromStartToEnd(one)
  one.editor.commands.setHeading({ level: 1 })
  // A line at whose start the selection ends is not meant.
  expect(shown(one)).toEqual([
    ['heading', ''],
    ['paragraph', ''],
  ])
})

test('who has everything selected changes nothing when somebody else erases the words', async () => {
  selectFromStartToEnd(one)
  for (const [from, to] of [
    [8, 13],
    [1, 6],
  ] as const) {
    other.editor.commands.deleteRange({ from, to })
    other.editor.commands.setTextSelection(1)
  }
  await settled()
  one.receive(other.outgoing())
  await settled()
  expect(one.outgoing()).toEqual([])
  expect(shown(one)).toEqual([
    ['heading', ''],
    ['paragraph', ''],
  ])
})
