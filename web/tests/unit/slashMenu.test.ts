/** Where the slash menu opens. */
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { startI18n } from '../../src/i18n'
import { Replica } from '../replicas/replica'

let replica: Replica

beforeAll(async () => {
  await startI18n()
  // A browser has it; here nothing scrolls.
  Element.prototype.scrollIntoView = () => undefined
})

beforeEach(() => {
  replica = new Replica(1, Y.encodeStateAsUpdate(new Y.Doc()))
})

afterEach(() => replica.close())

const menu = () => document.querySelector('.suggestions[role=listbox]')

function write(html: string): void {
  replica.editor.commands.setContent(html, { parseOptions: { preserveWhitespace: 'full' } })
  replica.editor.commands.setTextSelection((replica.editor.state.doc.firstChild?.nodeSize ?? 1) - 1)
}

async function type(text: string): Promise<void> {
  const { view } = replica.editor
  for (const letter of text) {
    view.dispatch(view.state.tr.insertText(letter))
    await new Promise((done) => setTimeout(done))
  }
}

test.each([
  ['the start of a block', '<p></p>'],
  ['a space', '<p>Some words </p>'],
  ['a space that is formatted', '<p>Some <b>words </b></p>'],
  ['a line break', '<p>One<br>two <br></p>'],
])('it opens after %s', async (_, html) => {
  write(html)
  await type('/hea')
  await vi.waitFor(() => expect(menu()?.textContent).toContain('Heading 1'))
  await type(' ')
  await vi.waitFor(() => expect(menu()).toBeNull())
})

test.each([
  ['a word', '<p>and</p>', '/hea'],
  ['a word that ends in another format', '<p><b>and</b>/</p>', 'hea'],
  ['an address', '<p>See https:</p>', '//he'],
  ['a path', '<p>See /usr</p>', '/hea'],
  ['a date', '<p>On 1</p>', '/2'],
  ['inline code', '<p><code>cd </code></p>', '/hea'],
  ['a code block', '<pre><code>cd </code></pre>', '/hea'],
])('it stays closed in %s', async (_, html, typed) => {
  write(html)
  await type(typed)
  expect(menu()).toBeNull()
})

test('what is chosen takes the place of the sign, and the words before it stay', async () => {
  write('<p>Some words </p>')
  await type('/hea')
  await vi.waitFor(() => expect(menu()).not.toBeNull())
  replica.editor.view.dom.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }))
  const [block] = replica.editor.state.doc.children
  expect([block?.type.name, block?.textContent]).toEqual(['heading', 'Some words '])
})
