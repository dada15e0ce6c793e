/** A caret stays between its words when somebody else moves them into another block, and so do the next letters. */
import { CellSelection } from '@tiptap/pm/tables'
import { afterEach, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { replaceAll } from '../../src/editor/panels/replaceFound'
import { Replica } from '../replicas/replica'

let people: Replica[] = []

afterEach(() => {
  people.forEach((person) => person.close())
  people = []
})

/** Two people with the same document. */
function meet(html: string): [Replica, Replica] {
  const first = new Replica(1, Y.encodeStateAsUpdate(new Y.Doc()))
  first.editor.commands.setContent(html)
  first.outgoing()
  const second = new Replica(2, Y.encodeStateAsUpdate(first.doc))
  people = [first, second]
  return [first, second]
}

function at(person: Replica, word: string): number {
  let found = -1
  person.editor.state.doc.descendants((node, position) => {
    const start = node.text?.indexOf(word) ?? -1
    if (found < 0 && start >= 0) found = position + start
  })
  return found
}

function caret(person: Replica, word: string, offset = word.length): void {
  person.editor.commands.setTextSelection(at(person, word) + offset)
}

function type(person: Replica, words: string): void {
  for (const letter of words) person.editor.view.dispatch(person.editor.state.tr.insertText(letter))
}

/** Everything that was written reaches everybody. */
function meetAgain(): void {
  for (let round = 0; round < 3; round += 1) {
    const said = people.map((person) => person.outgoing())
    said.forEach((updates, author) =>
      people.forEach((person, reader) => {
        if (reader !== author) person.receive(updates)
      }),
    )
  }
  const [first, ...others] = people.map((person) => person.editor.getHTML())
  for (const other of others) expect(other).toBe(first)
}

/** What the blocks of text say. */
function lines(person: Replica): string[] {
  const found: string[] = []
  person.editor.state.doc.descendants((node) => {
    if (node.isTextblock) found.push(node.textContent)
  })
  return found
}

const LIST = '<ul><li><p>one</p></li><li><p>two</p></li></ul><table><tr><td><p>cell</p></td></tr></table>'

test.each([
  ['a list gets numbers', LIST, 'two', (first: Replica) => first.editor.commands.toggleOrderedList(), 'two'],
  ['an item is nested', LIST, 'two', (first: Replica) => first.editor.commands.sinkListItem('listItem'), 'two'],
  [
    'everything becomes a heading',
    '<p>beginning</p><p>end</p>',
    'end',
    (first: Replica) => first.editor.chain().selectAll().setHeading({ level: 1 }).run(),
    'end',
  ],
  [
    'a paragraph is split before the words',
    '<p>alpha beta gamma</p><p>end</p>',
    'gamma',
    (first: Replica) => first.editor.chain().setTextSelection(at(first, 'beta')).splitBlock().run(),
    'gamma',
  ],
  [
    'a paragraph is joined to the one before',
    '<p>alpha</p><p>beta gamma</p><p>end</p>',
    'beta',
    (first: Replica) => first.editor.chain().setTextSelection(at(first, 'beta')).joinBackward().run(),
    'beta',
  ],
  [
    'cells are merged',
    '<table><tr><td><p>one</p></td><td><p>two</p></td></tr></table>',
    'two',
    (first: Replica) => first.editor.chain().setCellSelection({ anchorCell: 2, headCell: 9 }).mergeCells().run(),
    'two',
  ],
] as const)('%s, and somebody goes on writing there', (_name, html, word, change, before) => {
  for (const inFlight of ['', ' w']) {
    const [first, second] = meet(html)
    caret(first, word, 0)
    caret(second, word)
    type(second, inFlight)
    expect(change(first)).toBe(true)
    meetAgain()
    type(second, ' more')
    meetAgain()
    expect(lines(first).join('|')).toContain(`${before}${inFlight} more`)
  }
})

const BLOCKS = '<p>alpha</p><p>beta gamma</p><p>end</p>'

test.each([
  // Who undoes it writes the words where they belong: their author may have left.
  [
    'a heading',
    (first: Replica) => first.editor.chain().setTextSelection(10).setHeading({ level: 1 }).run(),
    'beta gamma one two three',
  ],
  ['a split', (first: Replica) => first.editor.chain().setTextSelection(13).splitBlock().run(), 'beta gamma'],
  ['a join', (first: Replica) => first.editor.chain().setTextSelection(8).joinBackward().run(), 'beta gamma'],
] as const)(
  '%s that is undone and redone takes the words along, once each; their author’s undo leaves what another has moved',
  (_, change, left) => {
    const [first, second] = meet(BLOCKS)
    caret(second, 'gamma')
    change(first)
    for (const [words, turn] of [
      [' one', 'undo'],
      [' two', 'redo'],
      [' three', 'undo'],
    ] as const) {
      type(second, words)
      meetAgain()
      first.editor.commands[turn]()
    }
    type(second, ' four')
    meetAgain()
    const said = ['alpha', 'beta gamma one two three four', 'end']
    expect(lines(first).filter((line) => line !== '')).toEqual(said)
    while (second.editor.commands.undo()) meetAgain()
    expect(lines(first).filter((line) => line !== '')).toEqual(['alpha', left, 'end'])
  },
)

test('who writes between two finds that somebody replaces goes on there', () => {
  vi.useFakeTimers()
  const [first, second] = meet('<p>foo and <a href="https://example.org">foo</a> or foo</p><p>foo foo</p>')
  caret(second, ' and')
  type(second, ' w')
  replaceAll(first.editor, 'foo', 'longer')
  meetAgain()
  type(second, ' more')
  meetAgain()
  expect(lines(first)).toEqual(['longer and w more longer or longer', 'longer longer'])
  expect(first.editor.getHTML()).toContain('>longer</a>')
  first.editor.commands.undo()
  expect(lines(first)).toEqual(['foo and w more foo or foo', 'foo foo'])
  vi.useRealTimers()
})

test('a paragraph or an item is moved past its neighbour, and the carets in it go along', () => {
  const [first, second] = meet('<p>one</p><ul><li><p>two</p></li><li><p>three</p></li></ul><p>four</p>')
  const press = (key: string) => {
    const event = new KeyboardEvent('keydown', { key, altKey: true, shiftKey: true })
    first.editor.view.someProp('handleKeyDown', (handle) => handle(first.editor.view, event))
  }
  caret(first, 'three')
  caret(second, 'two')
  press('ArrowUp')
  press('ArrowUp')
  meetAgain()
  expect(lines(first)).toEqual(['one', 'three', 'two', 'four'])
  caret(first, 'one')
  press('ArrowDown')
  type(first, '!')
  type(second, '!')
  meetAgain()
  expect(lines(second)).toEqual(['three', 'two!', 'one!', 'four'])
})

test('cells that are selected stay selected when somebody else writes', () => {
  const [first, second] = meet('<table><tr><td><p>one</p></td><td><p>two</p></td></tr></table>')
  second.editor.commands.setCellSelection({ anchorCell: 2, headCell: 9 })
  caret(first, 'one')
  type(first, ' more')
  meetAgain()
  expect(second.editor.state.selection).toBeInstanceOf(CellSelection)
  expect((second.editor.state.selection as CellSelection).ranges).toHaveLength(2)
})

test('the caret stays in a word whose end is written again to its beginning', () => {
  const [first, second] = meet('<p>alpha</p><p>next</p>')
  caret(second, 'alpha')
  type(second, ' wor')
  meetAgain()
  caret(first, 'wor')
  first.editor.chain().setTextSelection(12).joinBackward().run()
  type(second, 'd')
  meetAgain()
  type(second, 's')
  meetAgain()
  expect(lines(first)).toEqual(['alpha wordsnext'])
})
