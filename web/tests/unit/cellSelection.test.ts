/** Keys while cells are selected, and while a selection leads into a table. */
import { TextSelection } from '@tiptap/pm/state'
import { CellSelection } from '@tiptap/pm/tables'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { pasteMarkdown } from '../../src/editor/paste/cleanPaste'
import { Replica } from '../replicas/replica'

let replica: Replica
const TABLE = '<table><tr><td>a</td><td><b>b</b></td></tr><tr><td>c</td><td>d</td></tr></table>'

beforeEach(() => {
  replica = new Replica(1, Y.encodeStateAsUpdate(new Y.Doc()))
  replica.editor.commands.setContent(`<p>above</p>${TABLE}<p></p>`)
})
afterEach(() => replica.close())

const cells = () => [...replica.editor.view.dom.querySelectorAll('td')].map((cell) => cell.textContent)

/** The place before a cell, by its word. */
function cell(word: string): number {
  let found = -1
  replica.editor.state.doc.descendants((node, at) => {
    if (node.type.name === 'tableCell' && node.textContent === word) found = at
  })
  return found
}

function select(anchor: number, head: number): void {
  const { view, state } = replica.editor
  view.dispatch(state.tr.setSelection(CellSelection.create(state.doc, anchor, head)))
}

function type(letter: string): void {
  const { view, state } = replica.editor
  const { from, to } = state.selection
  const plain = () => state.tr.insertText(letter, from, to)
  if (!view.someProp('handleTextInput', (handle) => handle(view, from, to, letter, plain))) view.dispatch(plain())
}

test.each([
  ['b', 'd'],
  ['d', 'b'],
])('what is typed over cells is in the first of them, and one undo takes it back (%s to %s)', (anchor, head) => {
  select(cell(anchor), cell(head))
  type('x')
  type('y')
  expect(cells()).toEqual(['a', 'xy', 'c', ''])
  expect(replica.editor.view.dom.querySelector('td b, td strong')?.textContent).toBe('xy')
  for (let steps = 0; steps < 2 && cells()[3] === ''; steps += 1) replica.editor.commands.undo()
  expect(cells()).toEqual(['a', 'b', 'c', 'd'])
})

test('so is what is composed', () => {
  select(cell('a'), cell('d'))
  const { view } = replica.editor
  const press = (code: string) => view.dom.dispatchEvent(new KeyboardEvent('keydown', { code, keyCode: 229 }))
  // Not every key of an input method writes.
  press('Lang1')
  expect(cells()).toEqual(['a', 'b', 'c', 'd'])
  press('KeyN')
  expect(cells()).toEqual(['', '', '', ''])
  expect(view.state.selection).toBeInstanceOf(TextSelection)
  expect(view.state.selection.from).toBe(11)
})

test('Markdown that is pasted over cells is what it says in each of them, and the table stays', async () => {
  // jsdom has none, and the editor makes one when it pastes what it was given as HTML.
  vi.stubGlobal('ClipboardEvent', class extends Event {})
  select(cell('a'), cell('d'))
  await pasteMarkdown(replica.editor.view, 'Only **one** sign\n\n- x')
  expect(cells()).toEqual(Array.from({ length: 4 }, () => 'Only one signx'))
  expect(replica.editor.view.dom.querySelectorAll('td strong')).toHaveLength(4)
  replica.editor.commands.undo()
  expect(cells()).toEqual(['a', 'b', 'c', 'd'])
  vi.unstubAllGlobals()
})

test('a selection that leads into a table from the text above stays one', () => {
  const { view, state } = replica.editor
  view.dispatch(state.tr.setSelection(TextSelection.create(state.doc, 3, cell('a') + 2)))
  expect(view.state.selection).toMatchObject({ anchor: 3, head: cell('a') + 2 })
  const key = { key: 'ArrowDown', shiftKey: true, bubbles: true, cancelable: true }
  view.dom.dispatchEvent(new KeyboardEvent('keydown', key))
  expect(view.state.selection).toBeInstanceOf(TextSelection)
  expect(view.state.selection.anchor).toBe(3)
})

test.each([
  ['b', 'z'],
  ['y', 'c'],
])('a press with Shift in another table selects both tables (%s to %s)', (anchor, head) => {
  const { editor } = replica
  const other = TABLE.replace('>a<', '>x<').replace('>b<', '>w<').replace('>c<', '>y<').replace('>d<', '>z<')
  editor.commands.setContent(`<p>above</p>${TABLE}<p>between</p>${other}<p>below</p>`)
  editor.commands.setTextSelection(cell(anchor) + 2)
  const pressed = [...editor.view.dom.querySelectorAll('td')].find(({ textContent }) => textContent === head)
  const press = { shiftKey: true, bubbles: true, cancelable: true }
  pressed?.dispatchEvent(new MouseEvent('mousedown', press))
  const { selection } = editor.state
  expect(selection).toBeInstanceOf(TextSelection)
  expect(selection.from).toBe(cell('a') + 2)
  expect(selection.to).toBe(cell('z') + 3)
  expect(selection.anchor < selection.head).toBe(anchor === 'b')
  editor.commands.deleteSelection()
  expect(editor.state.doc.textContent).toBe('abovebelow')
})
