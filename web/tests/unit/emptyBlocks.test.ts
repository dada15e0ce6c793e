/** Two people who begin to write in an empty block at the same moment. */
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { firstContent } from '../../src/sync/outbox/madeOffline'
import { exchange, Replica } from '../replicas/replica'
import { settled } from '../replicas/settled'

/** Both write a letter at a time, and hear of each other after so many. */
async function together(first: Replica, second: Replica, lag: number): Promise<void> {
  const [one, other] = ['hello there my friend', 'JUMPING OVER SOME DOG']
  for (let at = 0; at < one.length; at += 1) {
    first.editor.view.dispatch(first.editor.state.tr.insertText(one[at] ?? ''))
    second.editor.view.dispatch(second.editor.state.tr.insertText(other[at] ?? ''))
    await settled()
    if (at % lag === lag - 1) exchange(first, second)
    await settled()
  }
  for (let round = 0; round < 3; round += 1) {
    exchange(first, second)
    await settled()
  }
  const said = first.editor.state.doc.textContent
  expect(second.editor.state.doc.textContent).toBe(said)
  expect(said).toContain(one)
  expect(said).toContain(other)
  expect(said).toHaveLength(one.length + other.length)
}

/** Two people in a document that says nothing yet. */
function newDocument(): [Replica, Replica] {
  const start = firstContent('01a21ed0-139d-7714-9027-d1df98d083ca')
  return [new Replica(10, start), new Replica(20, start)]
}

test.each([1, 2, 5])(
  'their words stand there once, in a new document; they hear of each other after %i letters',
  (lag) => together(...newDocument(), lag),
)

test('their words stand there once, also in a paragraph, an item or a cell made just before', async () => {
  for (const make of [
    ({ editor }: Replica) => editor.commands.keyboardShortcut('Enter'),
    ({ editor }: Replica) => editor.commands.toggleBulletList(),
    ({ editor }: Replica) => editor.commands.insertTable({ rows: 2, cols: 2 }),
    ({ editor }: Replica) => editor.commands.toggleCodeBlock(),
  ]) {
    const [first, second] = newDocument()
    await settled()
    make(first)
    await settled()
    exchange(first, second)
    await settled()
    second.editor.commands.setTextSelection(first.editor.state.selection.from)
    await together(first, second, 2)
  }
})

test('their words stand there once where all that a paragraph said was erased before', async () => {
  const [first, second] = newDocument()
  await settled()
  first.editor.commands.insertContent('gone')
  exchange(first, second)
  await settled()
  first.editor.commands.clearContent()
  await settled()
  exchange(first, second)
  await settled()
  await together(first, second, 2)
})

test('an empty block is shown as before, and another reader finds nothing to change in it', async () => {
  const [first] = newDocument()
  await settled()
  first.editor.commands.keyboardShortcut('Enter')
  await settled()
  const state = Y.encodeStateVector(first.doc)
  expect(first.editor.state.doc.childCount).toBe(2)
  first.editor.commands.setTextSelection(1)
  await settled()
  expect(Y.encodeStateVector(first.doc)).toEqual(state)
  expect(first.stored()).toEqual(first.editor.state.doc.toJSON())
})
