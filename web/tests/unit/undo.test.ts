/** How much one undo takes back. */
import type { Editor } from '@tiptap/core'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { exchange, Replica } from '../replicas/replica'
import { settled } from '../replicas/settled'
import * as Y from 'yjs'

let replica: Replica
let editor: Editor

beforeEach(() => {
  vi.useFakeTimers()
  replica = new Replica(1, Y.encodeStateAsUpdate(new Y.Doc()))
  editor = replica.editor
})
afterEach(() => {
  editor.destroy()
  vi.useRealTimers()
})

/** Types as a steady hand does: never a pause. */
function type(words: string): void {
  for (const letter of words) {
    vi.advanceTimersByTime(100)
    const { from, to } = editor.state.selection
    const rule = editor.view.someProp('handleTextInput', (f) =>
      f(editor.view, from, to, letter, () => editor.state.tr.insertText(letter, from, to)),
    )
    if (!rule) editor.view.dispatch(editor.state.tr.insertText(letter, from, to))
  }
}

function backspace(): void {
  vi.advanceTimersByTime(100)
  const { from } = editor.state.selection
  editor.view.dispatch(editor.state.tr.delete(from - 1, from))
}

function press(key: string, modifiers: KeyboardEventInit = {}): void {
  vi.advanceTimersByTime(100)
  const event = new KeyboardEvent('keydown', { key, ...modifiers })
  editor.view.someProp('handleKeyDown', (handle) => handle(editor.view, event))
}

const lines = () => editor.state.doc.content.content.map((node) => node.textContent)
const undo = () => {
  editor.commands.undo()
  return lines()
}

const SENTENCE = 'one two three four five six seven eight nine ten'

test('steady typing is undone a few words at a time, between words', () => {
  type(SENTENCE)
  const seen: string[] = []
  while (lines()[0] !== '') seen.push(undo()[0] ?? '')
  expect(seen).toEqual(['one two three four five six seven eight nine ', 'one two three four five ', ''])
  for (let step = 0; step < 3; step += 1) editor.commands.redo()
  expect(lines()).toEqual([SENTENCE])
})

test('a slow hand is undone by time', () => {
  for (const word of ['a ', 'b ', 'c ', 'd ', 'e ', 'f ', 'g ']) {
    type(word)
    vi.advanceTimersByTime(300)
  }
  expect(undo()).toEqual(['a b c d e f '])
})

test('a new line is a step of its own', () => {
  type('abc')
  press('Enter')
  type('def')
  expect(undo()).toEqual(['abc', ''])
  expect(undo()).toEqual(['abc'])
  expect(undo()).toEqual([''])
})

test('what signs turn into is undone without the words before', () => {
  type('abc')
  press('Enter')
  type('- ')
  expect(editor.isActive('bulletList')).toBe(true)
  expect(undo()).toEqual(['abc', '-'])
})

test('a format is undone without the words', () => {
  type('abc')
  editor.commands.selectAll()
  press('i', { ctrlKey: true })
  expect(editor.isActive('italic')).toBe(true)
  expect(undo()).toEqual(['abc'])
  expect(editor.isActive('italic')).toBe(false)
})

test.each([
  ['some paragraphs', () => editor.commands.setTextSelection({ from: 3, to: 12 })],
  ['everything', () => editor.commands.selectAll()],
])('what an input method composes in the place of %s is undone with it', (_of, select) => {
  editor.commands.setContent('<p>abc</p><p>def</p><p>ghi</p>')
  select()
  editor.view.dom.dispatchEvent(new CompositionEvent('compositionstart'))
  expect(editor.view.composing).toBe(true)
  if (!editor.state.selection.empty) editor.commands.deleteSelection()
  type('にほ')
  const composed = lines()
  expect(composed.join('')).toContain('にほ')
  expect(undo()).toEqual(['abc', 'def', 'ghi'])
  editor.commands.redo()
  expect(lines()).toEqual(composed)
})

test.each([
  ['a heading', () => editor.commands.toggleHeading({ level: 1 })],
  ['a list', () => editor.commands.toggleBulletList()],
  ['a quote', () => editor.commands.toggleBlockquote()],
  ['a new line', () => editor.commands.splitBlock()],
  ['a table', () => editor.commands.insertTable({ rows: 2, cols: 2 })],
  ['bold', () => editor.commands.toggleBold()],
  ['a letter', () => editor.commands.insertContent('x')],
])('undoing and redoing %s selects what was selected', (_, change) => {
  editor.commands.setContent('<p>Alpha beta gamma</p><p>second line</p><p>third line</p>')
  for (const before of [
    { from: 8, to: 8 },
    { from: 8, to: 12 },
    { from: 8, to: 22 },
  ]) {
    editor.commands.setTextSelection(before)
    const selected = () => {
      const { from, to } = editor.state.selection
      return { from, to }
    }
    const { doc } = editor.state
    change()
    if (editor.state.doc.eq(doc)) continue
    const after = selected()
    for (let turn = 0; turn < 2; turn += 1) {
      editor.commands.undo()
      expect(selected()).toEqual(before)
      editor.commands.redo()
      expect(selected()).toEqual(after)
    }
    editor.commands.undo()
  }
})

test('what others write right after an undo leaves the caret where it is', () => {
  editor.commands.setContent('<p>first</p><p>second</p>')
  editor.commands.setTextSelection(2)
  editor.commands.toggleBulletList()
  editor.commands.undo()
  const other = new Replica(2, Y.encodeStateAsUpdate(replica.doc))
  replica.outgoing()
  other.editor.commands.insertContentAt(9, 'theirs ')
  replica.receive(other.outgoing())
  expect(editor.state.selection.head).toBe(2)
  other.close()
})

test('what comes back with a cell in which something had come back before stands where the server lets it stand', () => {
  const besideOneThing: unknown[] = []
  replica.doc.on('update', (update: Uint8Array) => {
    for (const item of Y.decodeUpdate(update).structs) {
      if (item instanceof Y.Item && item.origin && Y.compareIDs(item.origin, item.rightOrigin))
        besideOneThing.push(item)
    }
  })
  editor.commands.setContent('<table><tr><td>one</td></tr><tr><td>two</td></tr></table>')
  const { doc } = editor.state
  editor.commands.setTextSelection(6)
  editor.commands.toggleBulletList()
  editor.commands.undo()
  editor.commands.setTextSelection(7)
  editor.commands.splitBlock()
  editor.commands.insertContent('and more')
  const written = editor.state.doc
  editor.commands.deleteRow()
  editor.commands.undo()
  expect(editor.state.doc.textContent).toBe(written.textContent)
  expect(written.textContent).not.toBe(doc.textContent)
  expect(besideOneThing).toEqual([])
})

test('what was erased comes back, and was one step', () => {
  type('abc def')
  for (let key = 0; key < 4; key += 1) backspace()
  expect(lines()).toEqual(['abc'])
  expect(undo()).toEqual(['abc def'])
  editor.commands.selectAll()
  editor.commands.deleteSelection()
  expect(lines()).toEqual([''])
  expect(undo()).toEqual(['abc def'])
  expect(undo()).toEqual([''])
})

test('words typed elsewhere are a step of their own', () => {
  type('abc')
  editor.commands.setTextSelection(1)
  type('x')
  expect(undo()).toEqual(['abc'])
})

test('a step that has nothing to show any more leads on to the next', () => {
  const other = new Replica(2, Y.encodeStateAsUpdate(replica.doc))
  const exchange = () => {
    other.receive(replica.outgoing())
    replica.receive(other.outgoing())
  }
  type('abc')
  press('Enter')
  type('def')
  exchange()
  other.editor.commands.insertContentAt(other.editor.state.doc.content.size - 1, ' theirs')
  exchange()
  expect(undo()).toEqual(['abc', ' theirs'])
  // The paragraph holds their words: it stays, and the step before is undone.
  expect(undo()).toEqual([' theirs'])
  editor.commands.redo()
  expect(lines()[0]).toBe('abc')
  other.editor.destroy()
})

test('what others write does not split the words that one types, and is never undone', () => {
  const base = Y.encodeStateAsUpdate(replica.doc)
  const other = new Replica(2, base)
  const exchange = () => {
    other.receive(replica.outgoing())
    replica.receive(other.outgoing())
  }
  exchange()
  type('ab')
  exchange()
  other.editor.commands.insertContentAt(1, 'theirs ')
  exchange()
  type('cd')
  expect(lines()).toEqual(['theirs abcd'])
  expect(undo()).toEqual(['theirs '])
  other.editor.destroy()
})

test('undo right after a quotation mark was made gives back the typed one, and then goes on', () => {
  type('say "')
  expect(lines()).toEqual(['say “'])
  expect(undo()).toEqual(['say "'])
  expect(editor.state.selection.head).toBe(6)
  type('so')
  expect(lines()).toEqual(['say "so'])
  expect(undo()).toEqual(['say "'])
  expect(undo()).toEqual([''])
  for (let step = 0; step < 2; step += 1) editor.commands.redo()
  expect(lines()).toEqual(['say "so'])
})

test('Backspace right after does the same', () => {
  type('say "')
  press('Backspace')
  expect(lines()).toEqual(['say "'])
  expect(undo()).toEqual([''])
})

test('an apostrophe in typing that goes on splits no step', () => {
  type("I don't know what it's for")
  expect(undo()).toEqual(['I don’t know what it’s '])
  expect(undo()).toEqual([''])
  for (let step = 0; step < 2; step += 1) editor.commands.redo()
  expect(lines()).toEqual(['I don’t know what it’s for'])
})

test('words that somebody types behind a split stay when it is undone, however few letters it moved', async () => {
  vi.useRealTimers()
  editor.commands.setContent('<p>one two</p><p>end</p>')
  await settled()
  const other = new Replica(2, Y.encodeStateAsUpdate(replica.doc))
  await settled()
  replica.outgoing()
  editor.chain().setTextSelection(5).splitBlock().run()
  await settled()
  other.receive(replica.outgoing())
  await settled()
  other.editor.commands.insertContentAt(8, '!')
  editor.commands.undo()
  await settled()
  other.receive(replica.outgoing())
  await settled()
  replica.receive(other.outgoing())
  expect(lines()).toEqual(['one t!wo', 'end'])
  other.close()
})

test.each([
  ['a table', (editor: Editor) => editor.commands.insertTable({ rows: 2, cols: 2, withHeaderRow: false }), 4],
  ['a list', (editor: Editor) => editor.commands.toggleBulletList(), 3],
  ['a heading', (editor: Editor) => editor.commands.toggleHeading({ level: 2 }), 1],
  ['a pasted quote', (editor: Editor) => editor.commands.insertContent('<blockquote><p>mine</p></blockquote>'), 2],
])('undoing %s leaves what somebody else has written in it, and redoing brings the rest again', (_, make, at) => {
  const author = new Replica(1, Y.encodeStateAsUpdate(new Y.Doc()))
  author.editor.commands.setContent('<p></p>')
  const other = new Replica(2, Y.encodeStateAsUpdate(author.doc))
  author.outgoing()
  // The paragraph is a step of its own.
  author.editor.commands.setTextSelection(1)
  const before = author.editor.state.doc
  make(author.editor)
  author.editor.commands.undo()
  expect(author.editor.state.doc.textContent).toBe('')
  expect(author.editor.state.doc.childCount).toBe(before.childCount)
  author.editor.commands.redo()
  exchange(author, other)
  const made = author.editor.state.doc
  other.editor.view.dispatch(other.editor.state.tr.insertText('theirs', at))
  exchange(author, other)
  author.editor.commands.undo()
  exchange(author, other)
  expect(author.editor.state.doc.textContent).toBe('theirs')
  expect(other.editor.state.doc.textContent).toBe('theirs')
  author.editor.commands.redo()
  exchange(author, other)
  expect(author.editor.state.doc.textContent).toContain('theirs')
  expect(author.editor.state.doc.childCount).toBe(made.childCount)
  author.close()
  other.close()
})
