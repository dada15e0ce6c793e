/** Lists behave as in other word processors. */
import type { Node } from '@tiptap/pm/model'
import { afterEach, beforeEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { Replica } from '../replicas/replica'

let replica: Replica

beforeEach(() => {
  replica = new Replica(1, Y.encodeStateAsUpdate(new Y.Doc()))
})
afterEach(() => replica.close())

const SIGNS: Record<string, string> = { bulletList: '*', orderedList: '#', taskList: '?' }

/** `*(one *(deeper) | two) end`: a sign for the kind of list, `|` between its items, `x` before what is done. */
function shape(node: Node = replica.editor.state.doc): string {
  if (node.isTextblock) return node.type.name === 'heading' ? `h:${node.textContent}` : node.textContent || '_'
  const inner = node.children.map(shape)
  const sign = SIGNS[node.type.name]
  if (sign) return `${sign}(${inner.join(' | ')})`
  if (node.attrs.checked === true) return `x ${inner.join(' ')}`
  return node.type.name.startsWith('table') ? `[${inner.join(' ')}]` : inner.join(' ')
}

function at(word: string): number {
  let found = -1
  replica.editor.state.doc.descendants((node, position) => {
    const start = node.text?.indexOf(word) ?? -1
    if (found < 0 && start >= 0) found = position + start
  })
  return found
}

function press(key: string): void {
  const event = new KeyboardEvent('keydown', { key })
  replica.editor.view.someProp('handleKeyDown', (handle) => handle(replica.editor.view, event))
}

const item = (words: string, more = '') => `<li><p>${words}</p>${more}</li>`
const bullets = (...items: string[]) => `<ul>${items.join('')}</ul>`
const numbers = (...items: string[]) => `<ol>${items.join('')}</ol>`
const done = (words: string) => `<li data-type="taskItem" data-checked="true"><p>${words}</p></li>`
const cells = (...words: string[]) =>
  `<table><tr>${words.map((word) => `<td><p>${word}</p></td>`).join('')}</tr></table>`

test.each([
  ['<p>zero</p>' + bullets(item('one', bullets(item('deep'))), item('two')), 'zero', 'zeroone *(deep | two)'],
  ['<p>zero</p>' + bullets(item('one'), item('two')), 'zero', 'zeroone *(two)'],
  ['<p>zero</p>' + bullets(item('one')) + '<p>end</p>', 'zero', 'zeroone end'],
  [bullets(item('one', bullets(item('deep'), item('deeper'))), item('two')), 'one', '*(onedeep *(deeper) | two)'],
  [bullets(item('one', bullets(item('deep'))), item('two')), 'deep', '*(one *(deeptwo))'],
  [bullets(item('one'), item('two', '<p>more</p>')), 'one', '*(onetwo | more)'],
])('Delete before an item brings its words and leaves what hangs on it: %s', (html, word, expected) => {
  replica.editor.commands.setContent(html)
  replica.editor.commands.setTextSelection(at(word) + word.length)
  press('Delete')
  expect(shape()).toBe(expected)
  replica.editor.view.dispatch(replica.editor.state.tr.insertText('!'))
  expect(shape()).toContain(`${word}!`)
})

test.each(['Backspace', 'Delete'])('where an empty line between two lists goes by %s, numbers go on', (key) => {
  replica.editor.commands.setContent(numbers(item('one')) + '<p></p>' + numbers(item('two')) + '<p>end</p>')
  replica.editor.commands.setTextSelection(at('one') + 7)
  press(key)
  expect(shape()).toBe('#(one | two) end')
})

test('a list that begins at a number of its own stays one', () => {
  replica.editor.commands.setContent(numbers(item('one')) + '<p></p><ol start="7"><li><p>two</p></li></ol>')
  replica.editor.commands.setTextSelection(at('one') + 7)
  press('Backspace')
  expect(shape()).toBe('#(one) #(two)')
})

test.each(['<h2>one</h2>', '<pre>one</pre>', '<p>one</p>', '<blockquote><h2>one</h2></blockquote>'])(
  'a block that becomes an item is the same block, by which others find it again: %s',
  (html) => {
    replica.editor.commands.setContent(html + '<p>two</p>')
    const idOf = () => replica.editor.state.doc.resolve(at('one')).parent.attrs.id as unknown
    const id = idOf()
    replica.editor.commands.setTextSelection(at('one') + 1)
    replica.editor.commands.toggleBulletList()
    expect(shape()).toContain('*(one)')
    expect(id).toBeTruthy()
    expect(idOf()).toBe(id)
  },
)

const MIXED = '<p>one</p>' + bullets(item('two', bullets(item('deep')))) + '<h2>three</h2><p>four</p>'

test.each([
  ['toggleBulletList', MIXED, '*(one | two *(deep) | three | four)'],
  ['toggleOrderedList', MIXED, '#(one | two #(deep) | three | four)'],
  ['toggleTaskList', MIXED, '?(one | two ?(deep) | three | four)'],
  ['toggleTaskList', bullets(item('one', bullets(item('deep'))), item('two')), '?(one ?(deep) | two)'],
  ['toggleBulletList', '<p>one</p>' + cells('a') + '<p>two</p>', '*(one) [[[a]]] *(two) _'],
  ['toggleBulletList', bullets(item('one'), item('two')), 'one two'],
] as const)('%s takes everything that is selected: %s', (command, html, expected) => {
  replica.editor.commands.setContent(html)
  replica.editor.commands.selectAll()
  const words = replica.editor.state.doc.textContent
  replica.editor.commands[command]()
  replica.editor.state.doc.check()
  expect(shape().replace(/ _$/, '')).toBe(expected.replace(/ _$/, ''))
  expect(replica.editor.state.doc.textContent).toBe(words)
})

test('a list is made in every selected cell, and taken away in every one', () => {
  replica.editor.commands.setContent(cells('a', 'b', 'c'))
  replica.editor.commands.setCellSelection({ anchorCell: 2, headCell: 7 })
  replica.editor.commands.toggleBulletList()
  expect(shape()).toContain('[[[*(a)] [*(b)] [c]]]')
  replica.editor.commands.toggleBulletList()
  expect(shape()).toContain('[[[a] [b] [c]]]')
})

test('a selection that ends before a paragraph’s first letter leaves that paragraph as it is', () => {
  const { editor } = replica
  for (const change of [
    () => editor.commands.setHeading({ level: 2 }),
    () => editor.commands.toggleBulletList(),
    () => editor.commands.toggleBlockquote(),
    () => editor.commands.setTextAlign('center'),
    () => editor.commands.setLineHeight('2'),
    () => editor.commands.changeIndent(1),
  ]) {
    editor.commands.setContent('<p>one</p><p>two</p><p>three</p>')
    const three = editor.state.doc.lastChild
    editor.commands.setTextSelection({ from: at('one'), to: at('three') })
    expect(change()).toBe(true)
    expect(editor.state.doc.lastChild?.toJSON()).toEqual(three?.toJSON())
  }
})

test('quotes, line spacing and indent reach every selected cell', () => {
  replica.editor.commands.setContent(cells('a', 'b', 'c'))
  replica.editor.chain().setCellSelection({ anchorCell: 2, headCell: 7 }).setLineHeight('2').changeIndent(1).run()
  replica.editor.commands.toggleBlockquote()
  const found: unknown[] = []
  replica.editor.state.doc.descendants((node, _at, parent) => {
    if (node.type.name === 'paragraph') found.push([node.attrs.lineHeight, node.attrs.indent, parent?.type.name])
  })
  const chosen = ['2', 1, 'blockquote']
  expect(found.slice(0, 3)).toEqual([chosen, chosen, [null, 0, 'tableCell']])
  replica.editor.commands.toggleBlockquote()
  expect(shape()).toContain('[[[a] [b] [c]]]')
  expect(replica.editor.isActive('blockquote')).toBe(false)
})

test('at the start of a task that is done, Enter leaves the tick with its words', () => {
  replica.editor.commands.setContent(`<ul data-type="taskList">${done('one')}${done('two')}</ul>`)
  replica.editor.commands.setTextSelection(at('two'))
  press('Enter')
  replica.editor.view.dispatch(replica.editor.state.tr.insertText('!'))
  expect(shape()).toBe('?(x one | _ | x !two)')
})

const task = (words: string) => done(words).replace('"true"', '"false"')
const tasks = (...items: string[]) => `<ul data-type="taskList">${items.join('')}</ul>`

test.each([
  [bullets(item('one'), item('two')), 'one', 'two', '*(_ | !)'],
  [bullets(item('one'), item('two'), item('three')), 'one', 'two', '*(_ | ! | three)'],
  [`<table><tr><td>${numbers(item('one'), item('two'))}</td></tr></table>`, 'one', 'two', '[[[#(_ | !)]]]'],
  [tasks(done('one'), task('two')), 'one', 'two', '?(x _ | !)'],
  [bullets(item('top', bullets(item('one'), item('two')))), 'one', 'two', '*(top *(_ | !))'],
  [bullets(item('one', bullets(item('two')))), 'one', 'two', '*(_ | !)'],
  [`<blockquote><p>one</p>${bullets(item('two'), item('three'))}</blockquote>`, 'one', 'three', '_ !'],
  ['<p>one</p>' + bullets(item('two b'), item('c')), 'one', 'two', '_ ! b *(c)'],
  [bullets(item('one'), item('c')) + '<p>two b</p>', 'one', 'two', '*(_ | ! b)'],
  ['<h2>one</h2><p>two b</p>', 'one', 'two', 'h: ! b'],
  ['<p>a one</p><h2>two b</h2>', 'one', 'two', 'a  h:! b'],
  [bullets(item('a one'), item('two b')), 'one', 'two', '*(a  | ! b)'],
  [bullets(item('a one'), item('two b', bullets(item('deep'))), item('c')), 'one', 'two', '*(a  | ! b *(deep) | c)'],
])('Enter over several blocks breaks the line where they were: %s', (html, from, to, expected) => {
  replica.editor.commands.setContent(html + '<p>z</p>')
  replica.editor.commands.setTextSelection({ from: at(from), to: at(to) + to.length })
  press('Enter')
  replica.editor.state.doc.check()
  replica.editor.view.dispatch(replica.editor.state.tr.insertText('!'))
  expect(shape()).toBe(`${expected} z`)
})
