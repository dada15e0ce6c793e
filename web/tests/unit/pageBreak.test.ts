/** Where a page break goes. */
import type { Node } from '@tiptap/pm/model'
import { TextSelection } from '@tiptap/pm/state'
import { afterEach, beforeEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { Replica } from '../replicas/replica'

let replica: Replica

beforeEach(() => {
  replica = new Replica(1, Y.encodeStateAsUpdate(new Y.Doc()))
})
afterEach(() => replica.close())

const NAMES: Record<string, string> = {
  paragraph: 'p',
  bulletList: 'ul',
  orderedList: 'ol',
  listItem: 'li',
  blockquote: 'quote',
  pageBreak: '---',
  tableRow: 'tr',
  tableCell: 'td',
}

/** The blocks, with `|` where the caret is. */
function shape(node: Node, start: number): string {
  const { from } = replica.editor.state.selection
  const { name } = node.type
  const start1 = name === 'orderedList' && node.attrs.start !== 1 ? String(node.attrs.start) : ''
  if (node.isTextblock) {
    const at = from - start
    const { textContent: words } = node
    return at >= 0 && at <= words.length ? `${words.slice(0, at)}|${words.slice(at)}` : words || '_'
  }
  if (node.isLeaf) return NAMES[name] ?? name
  const inner: string[] = []
  node.forEach((child, offset) => inner.push(shape(child, start + offset + 1)))
  return `${NAMES[name] ?? name}${start1}(${inner.join(' ')})`
}

function shown(): string {
  const blocks: string[] = []
  replica.editor.state.doc.forEach((node, offset) => blocks.push(shape(node, offset + 1)))
  return blocks.join(' ')
}

test.each([
  ['<p>on|e</p>', 'on --- |e'],
  ['<ul><li><p>one|</p></li><li><p>two</p></li></ul>', 'ul(li(one)) --- | ul(li(two))'],
  ['<ul><li><p>one</p></li><li><p>two|</p></li></ul>', 'ul(li(one) li(two)) --- |'],
  ['<ul><li><p>one</p></li><li><p>|two</p></li></ul>', 'ul(li(one)) --- ul(li(|two))'],
  ['<ul><li><p>|one</p></li><li><p>two</p></li></ul>', '--- ul(li(|one) li(two))'],
  ['<ol><li><p>one</p></li><li><p>t|wo</p></li><li><p>x</p></li></ol>', 'ol(li(one) li(t)) --- ol3(li(|wo) li(x))'],
  ['<ol><li><p>one</p></li><li><p>|two</p></li></ol>', 'ol(li(one)) --- ol2(li(|two))'],
  [
    '<ul><li><p>one</p><ul><li><p>t|wo</p></li></ul></li><li><p>x</p></li></ul>',
    'ul(li(one ul(li(t)))) --- ul(li(_ ul(li(|wo))) li(x))',
  ],
  ['<blockquote><p>o|ne</p><p>two</p></blockquote>', 'quote(o) --- quote(|ne two)'],
  ['<blockquote><p>one</p><p>|</p></blockquote>', 'quote(one) --- quote(|)'],
  ['<table><tr><td><p>a|b</p></td></tr></table><p>x</p>', 'table(tr(td(ab))) --- |x'],
  ['<table><tr><td><ul><li><p>a|b</p></li></ul></td></tr></table>', 'table(tr(td(ul(li(ab))))) --- |'],
])('a page break in %s stands between blocks of the document: %s', (html, expected) => {
  const { editor } = replica
  editor.commands.setContent(html)
  let caret = 0
  editor.state.doc.descendants((node, at) => {
    if (node.text?.includes('|')) caret = at + node.text.indexOf('|')
  })
  const tr = editor.state.tr.delete(caret, caret + 1)
  editor.view.dispatch(tr.setSelection(TextSelection.create(tr.doc, caret)))
  expect(editor.commands.insertPageBreak()).toBe(true)
  replica.check()
  expect(shown().replace(/ _$/, '')).toBe(expected)
  expect(replica.stored()).toEqual(editor.state.doc.toJSON())
})

test.each(['<pre><code>code</code></pre>', '<blockquote><pre><code>code</code></pre></blockquote>'])(
  'neither a page break nor a rule takes what is selected in %s',
  (html) => {
    const { editor } = replica
    editor.commands.setContent(html)
    let code = 0
    editor.state.doc.descendants((node, at) => {
      if (node.isText) code = at
    })
    editor.commands.setTextSelection({ from: code, to: code + 2 })
    expect(editor.commands.insertPageBreak()).toBe(false)
    expect(editor.commands.setHorizontalRule()).toBe(false)
    expect(editor.state.doc.textContent).toBe('code')
  },
)
