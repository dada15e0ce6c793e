/** What programs write where the schema has no place for it: the editor goes on, and all of it stays. */
import { afterEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { unsentWords } from '../../src/sync/ledger/unsent'
import { Chance } from '../replicas/chance'
import { edit } from '../replicas/edits'
import { anything, element, MISPLACED, put, text } from '../replicas/misplaced'
import { Replica } from '../replicas/replica'
import { settled } from '../replicas/settled'

const TREES = 40
const PERSON = 800
const PROGRAM = 900
const open: Replica[] = []

afterEach(() => {
  for (const replica of open.splice(0)) replica.close()
})

function opened(client: number, base: Uint8Array): Replica {
  const replica = new Replica(client, base)
  open.push(replica)
  return replica
}

/** A document with one paragraph of a person; a program writes the rest. */
function written(): Y.Doc {
  const doc = new Y.Doc()
  doc.clientID = PERSON
  put(doc.getXmlFragment('default'), element('paragraph', { id: 'first', indent: 0 }, text('first')))
  doc.clientID = PROGRAM
  return doc
}

/** All that programs wrote and that is there. */
function everything(doc: Y.Doc): Y.Item[] {
  const items = [...doc.store.clients].flatMap(([client, structs]) => (client > PERSON ? structs : []))
  return items.filter(
    (item): item is Y.Item => item instanceof Y.Item && item.countable && !item.deleted && item.parentSub === null,
  )
}

/** Structures around nothing may go when somebody edits beside them; words, values and what is unknown may not. */
function matters({ content }: Y.Item): boolean {
  if (!(content instanceof Y.ContentType)) return true
  return content.type instanceof Y.XmlText ? content.type.length > 0 : !(content.type instanceof Y.XmlElement)
}

const gone = (items: Y.Item[]) =>
  items.filter((item) => item.deleted).map(({ id, content }) => `${id.client}:${id.clock} ${content.constructor.name}`)

const saidBy = ({ fragment }: Replica) => unsentWords(fragment, new Map())

/** Where the paragraph's text begins that says `words`. */
function startOf({ editor }: Replica, words: string): number {
  let at = -1
  editor.state.doc.descendants((node, position) => {
    if (node.isText && node.text?.startsWith(words)) at = position
  })
  if (at < 0) throw new Error(`no words "${words}"`)
  return at
}

function typeInto(replica: Replica, words: string, typed: string): void {
  replica.editor.chain().setTextSelection(startOf(replica, words)).insertContent(typed).run()
}

test.each(Object.entries(MISPLACED))('writing goes on beside %s', async (_, write) => {
  const doc = written()
  const replica = opened(1, Y.encodeStateAsUpdate(doc))
  await settled()
  const before = Y.encodeStateVector(doc)
  write(doc.getXmlFragment('default'))
  replica.receive([Y.encodeStateAsUpdate(doc, before)])
  await settled()
  replica.check()
  const all = everything(replica.doc)
  typeInto(replica, 'first', 'typed ')
  replica.editor.chain().setTextSelection(startOf(replica, 'typed')).splitBlock().run()
  replica.editor.commands.undo()
  await settled()
  replica.check()
  expect(gone(all)).toEqual([])
  expect(saidBy(replica)).toContain('typed first')

  const later = opened(2, Y.encodeStateAsUpdate(replica.doc))
  await settled()
  later.check()
  expect(later.outgoing()).toEqual([])
  typeInto(later, 'typed', 'again ')
  expect(saidBy(later)).toContain('again typed first')
})

test('words that have no place are shown, and cannot be overwritten', () => {
  const doc = written()
  put(doc.getXmlFragment('default'), text('stray words'), element('bulletList', {}, text('words in a list')))
  const { editor } = opened(1, Y.encodeStateAsUpdate(doc))
  const shown = [...editor.view.dom.querySelectorAll('[data-unknown-block]')].map((block) => block.textContent)
  expect(shown).toEqual(['[text] stray words', '[bulletList] words in a list'])
})

test('what has no place can be moved and deleted like any block', () => {
  const doc = written()
  const words = text('stray ', { insert: 'words', attributes: { bold: {} } }, { insert: { image: 'x' } })
  put(doc.getXmlFragment('default'), words, 5, element('paragraph', { id: 'last', indent: 0 }, text('last')))
  const replica = opened(1, Y.encodeStateAsUpdate(doc))
  const delta = (replica.fragment.get(1) as Y.XmlText).toDelta() as unknown
  replica.editor.commands.command(({ tr }) => {
    const block = tr.doc.child(1)
    tr.delete(tr.doc.child(0).nodeSize, tr.doc.child(0).nodeSize + block.nodeSize)
    tr.insert(0, block)
    return true
  })
  expect((replica.fragment.get(0) as Y.XmlText).toDelta()).toEqual(delta)
  expect(replica.fragment.toArray().includes(5 as never)).toBe(true)
  replica.editor.commands.deleteRange({ from: 0, to: 1 })
  expect(replica.fragment.toArray().join('')).toBe(
    '<paragraph id="first" indent="0">first</paragraph>5<paragraph id="last" indent="0">last</paragraph>',
  )
})

test('a value that the schema does not allow stays until somebody sets another', () => {
  const doc = written()
  put(doc.getXmlFragment('default'), element('heading', { id: 'h', level: 'x', dir: 7 }, text('title')))
  const replica = opened(1, Y.encodeStateAsUpdate(doc))
  const heading = replica.fragment.get(1) as Y.XmlElement
  typeInto(replica, 'title', 'the ')
  expect(heading.getAttribute('level')).toBe('x')
  replica.editor.commands.setHeading({ level: 3 })
  expect(heading.getAttribute('level')).toBe(3)
  expect(heading.getAttribute('dir')).toBe(7)
})

test('nobody sees anything of a crafted address or style', () => {
  const doc = written()
  MISPLACED['values of another type']?.(doc.getXmlFragment('default'))
  MISPLACED['marks with other attributes']?.(doc.getXmlFragment('default'))
  const { innerHTML } = opened(1, Y.encodeStateAsUpdate(doc)).editor.view.dom
  expect(innerHTML).not.toMatch(/javascript:|url\(|\[object/)
})

test.each(Array.from({ length: TREES }, (_, seed) => seed))(
  'of random content nothing is lost when one writes (seed %i)',
  async (seed) => {
    const chance = new Chance(seed)
    const doc = written()
    const root = doc.getXmlFragment('default')
    for (let count = 1 + chance.below(4); count > 0; count -= 1)
      root.insert(chance.below(root.length), [anything(chance) as never])
    const replica = opened(1, Y.encodeStateAsUpdate(doc))
    await settled()
    replica.check()
    const all = everything(replica.doc).filter(matters)
    typeInto(replica, 'first', 'typed ')
    await settled()
    expect(gone(all)).toEqual([])
    const before = Y.encodeStateVector(doc)
    put(root, anything(chance))
    root.insert(0, [anything(chance) as never])
    replica.receive([Y.encodeStateAsUpdate(doc, before)])
    await settled()
    replica.check()
    const more = everything(replica.doc).filter(matters)
    typeInto(replica, 'typed', 'again ')
    expect(gone(more)).toEqual([])
    for (let time = 0; time < 10; time += 1) edit(replica.editor, chance)
    await settled()
    replica.check()
    opened(2, Y.encodeStateAsUpdate(replica.doc)).check()
  },
)

test('a table that no browser could lay out is shown by its words, and others as they are', () => {
  const doc = new Y.Doc()
  const rows = (count: number, span: number) =>
    Array.from({ length: count }, () =>
      element(
        'tableRow',
        {},
        element('tableCell', { colspan: span, rowspan: span }, element('paragraph', {}, text('tea'))),
      ),
    )
  put(doc.getXmlFragment('default'), element('table', {}, ...rows(100, 100)), element('table', {}, ...rows(100, 2)))
  const { editor } = opened(1, Y.encodeStateAsUpdate(doc))
  expect(editor.state.doc.children.map(({ type }) => type.name)).toEqual(['unknownBlock', 'table', 'paragraph'])
  expect(editor.view.dom.firstElementChild?.textContent).toContain('tea tea')
})

test('what has thousands of marks is shown by its words, and keeps every mark when somebody writes beside it', () => {
  const threads = Array.from({ length: 5000 }, (_, number) => `t${String(number)}`)
  const doc = new Y.Doc()
  const __marks = JSON.stringify(threads.map((thread) => ({ type: 'comment', attrs: { thread } })))
  const marked = text('words')
  const [block, line] = [element('paragraph', { __marks }, text('block')), element('paragraph', {}, marked)]
  put(doc.getXmlFragment('default'), element('paragraph', {}, text('beside')), block, line)
  marked.format(0, 5, Object.fromEntries(threads.map((thread) => [`comment--${thread.padStart(8, '0')}`, { thread }])))
  const { editor, fragment } = opened(1, Y.encodeStateAsUpdate(doc))
  expect(editor.state.doc.children.map(({ type }) => type.name)).toEqual([
    'paragraph',
    'unknownBlock',
    'unknownBlock',
    'paragraph',
  ])
  expect(editor.view.dom.textContent).toContain('block')
  expect(editor.view.dom.textContent).toContain('words')
  editor.commands.insertContentAt(1, 'here ')
  const [, blockThere, lineThere] = fragment.toArray() as Y.XmlElement[]
  expect(blockThere?.getAttribute('__marks')).toBe(__marks)
  const [run] = (lineThere?.get(0) as Y.XmlText).toDelta() as { attributes: object }[]
  expect(Object.keys(run?.attributes ?? {})).toHaveLength(5000)
})

test('the words of what the editor has no place for are copied as plain text, too', () => {
  const doc = written()
  put(doc.getXmlFragment('default'), element('chart', {}, element('paragraph', {}, text('north')), text('south')))
  const { view } = opened(PERSON, Y.encodeStateAsUpdate(doc)).editor
  const all = view.state.doc.slice(0, view.state.doc.content.size)
  expect(view.serializeForClipboard(all).text.split('\n')).toContain('north south')
})
