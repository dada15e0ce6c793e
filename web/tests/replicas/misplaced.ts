/** What a program may write into the text of a document although the schema has no place for it. */
import * as Y from 'yjs'
import described from '../../src/editor/schema/schema.json' with { type: 'json' }
import { Chance } from './chance'

type Child = Y.XmlElement | Y.XmlText

/** Yjs takes far more into an XML fragment than its types say. */
export function put(parent: Y.XmlFragment, ...children: unknown[]): void {
  parent.insert(parent.length, children as Child[])
}

export function element(name: string, attributes: Record<string, unknown> = {}, ...children: unknown[]): Y.XmlElement {
  const made = new Y.XmlElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value as string)
  made.insert(0, children as Child[])
  return made
}

/** Words with formats, and whatever else stands among them. */
export function text(...parts: (string | { insert: unknown; attributes?: Record<string, unknown> })[]): Y.XmlText {
  const made = new Y.XmlText()
  made.applyDelta(parts.map((part) => (typeof part === 'string' ? { insert: part } : part)))
  return made
}

const paragraph = (...children: unknown[]) => element('paragraph', {}, ...children)
const cell = (...children: unknown[]) => element('tableCell', {}, ...children)

function nested(depth: number): Y.XmlElement {
  let inner = paragraph(text('deepest words'))
  for (let level = 0; level < depth / 2; level += 1) {
    inner = element('bulletList', {}, element('listItem', {}, paragraph(text(`level ${level}`)), inner))
  }
  return inner
}

/** A document that takes the root for another type. */
function asAnother(write: (doc: Y.Doc) => void): (root: Y.XmlFragment) => void {
  return (root) => {
    const other = new Y.Doc()
    write(other)
    Y.applyUpdate(root.doc as Y.Doc, Y.encodeStateAsUpdate(other))
  }
}

/** Letters among the children of an element or a fragment, as in a text. */
function insertLetters(parent: Y.XmlFragment, index: number, letters: string): void {
  Y.Text.prototype.insert.call(parent as unknown as Y.Text, index, letters)
}

const WORDS = 'stray words'
const BEHIND = 'words behind'
const PICTURE = `/api/v1/documents/${'0'.repeat(36)}/attachments/${'a'.repeat(64)}`

/** Each writes into the root of a document; most leave the words "stray words". */
export const MISPLACED: Record<string, (root: Y.XmlFragment) => void> = {
  'text in the root': (root) => put(root, text(WORDS)),
  'text in a list': (root) => put(root, element('bulletList', {}, text(WORDS))),
  'text in a row': (root) => put(root, element('table', {}, element('tableRow', {}, text(WORDS)))),
  'text in a rule': (root) => put(root, element('horizontalRule', {}, text(WORDS))),
  'an embed among words': (root) => put(root, paragraph(text(WORDS, { insert: { image: 'x' } }, 'more'))),
  'a type among words': (root) => put(root, paragraph(text(WORDS, { insert: new Y.Map([['a', 1]]) }))),
  'a paragraph among words': (root) => put(root, paragraph(text(WORDS, { insert: paragraph() }))),
  'a map': (root) => put(root, new Y.Map([['words', WORDS]]), paragraph(new Y.Map())),
  'an array': (root) => put(root, Y.Array.from([WORDS, 1])),
  'plain text': (root) => put(root, new Y.Text(WORDS), paragraph(new Y.Text(WORDS))),
  'a fragment': (root) => put(root, new Y.XmlFragment()),
  'plain values': (root) => put(root, WORDS, 1, true, null, { a: [5n] }, new Uint8Array(3)),
  'plain values at the start': (root) => root.insert(0, [WORDS, 1, true, null, {}] as unknown[] as Child[]),
  'types at the start': (root) =>
    root.insert(0, [new Y.Map([['words', WORDS]]), Y.Array.from([1]), new Y.XmlFragment()] as unknown[] as Child[]),
  'letters at the start': (root) => insertLetters(root, 0, '😀 letters'),
  'letters in a paragraph': (root) => {
    const inner = paragraph(text('a'), text(BEHIND))
    put(root, inner)
    insertLetters(inner, 1, '😀 letters')
  },
  'plain values in a paragraph': (root) => put(root, paragraph(text('a'), WORDS, 7, text(BEHIND), { c: 1 })),
  'types in a paragraph': (root) => put(root, paragraph(new Y.Map([['words', WORDS]]), new Y.Text('a'), text(BEHIND))),
  'plain values in a list': (root) =>
    put(root, element('bulletList', {}, WORDS, element('listItem', {}, paragraph(text(BEHIND))))),
  'plain values in a row': (root) =>
    put(root, element('table', {}, element('tableRow', {}, 7, Y.Array.from([1]), cell(paragraph(text(BEHIND)))))),
  'a picture behind plain values': (root) => put(root, WORDS, 1, element('image', { src: PICTURE })),
  'a document': (root) => put(root, new Y.Doc()),
  'an item without a list': (root) => put(root, element('listItem', {}, paragraph(text(WORDS)))),
  'an item that begins with a heading': (root) =>
    put(root, element('orderedList', {}, element('listItem', {}, element('heading', {}, text(WORDS))))),
  'a paragraph in a list': (root) => put(root, element('taskList', {}, paragraph(text(WORDS)))),
  'a table in a paragraph': (root) =>
    put(root, paragraph(element('table', {}, element('tableRow', {}, element('tableCell', {}, paragraph()))))),
  'an unknown element in a paragraph': (root) => put(root, paragraph(text(WORDS), element('mention', { id: 'x' }))),
  'an unknown element in a row': (root) => put(root, element('table', {}, element('tableRow', {}, element('cell')))),
  'structures around nothing': (root) => put(root, element('bulletList'), element('tableCell', {}, paragraph())),
  'bold code': (root) => put(root, element('codeBlock', {}, text({ insert: WORDS, attributes: { bold: {} } }))),
  'no name': (root) => put(root, element('', { a: 1 }, text(WORDS))),
  'names of objects': (root) => put(root, ...['__proto__', 'constructor', 'toString'].map((name) => element(name))),
  'a name of 100,000 letters': (root) => put(root, element('n'.repeat(100_000), {}, text(WORDS))),
  'names of its own': (root) => put(root, element('doc', {}, paragraph()), element('text', {}, text(WORDS))),
  'an unknown block by name': (root) =>
    put(
      root,
      element('unknownBlock', { name: 'x', json: '{' }),
      element('unknownBlock', { json: 'null' }, text(WORDS)),
    ),
  'values of another type': (root) =>
    put(
      root,
      element('heading', { level: 'x', textAlign: ['left'], indent: -1e9, dir: {} }, text(WORDS)),
      element('heading', { level: 1e9, id: { a: 1 }, lineHeight: 3 }),
      element('orderedList', { start: 'many' }, element('listItem', { id: 7 }, paragraph(text(WORDS)))),
      element('taskList', {}, element('taskItem', { checked: 'no' }, paragraph())),
      element('codeBlock', { language: { toString: 1 } }, text('x = 1')),
      element('image', { src: 'javascript:alert(1)', width: 'javascript:', height: -5, align: 5, alt: [], title: 3 }),
      element('image', { src: { a: 1 }, width: 1e9, align: '"><b>' }),
      element('image', { src: new Y.Map(), alt: new Y.Text('x'), __proto__: null, constructor: 1 }),
    ),
  'spans of a million': (root) =>
    put(
      root,
      element(
        'table',
        {},
        element(
          'tableRow',
          {},
          element('tableCell', { colspan: 1e9, rowspan: 1e6, colwidth: [1e9, 'x'] }, paragraph(text(WORDS))),
          element('tableCell', { colspan: -5, rowspan: 'x', colwidth: 'wide' }, paragraph()),
          element('tableHeader', { colspan: 0.5, rowspan: null, backgroundColor: 'url(x)' }, paragraph()),
        ),
        element('tableRow'),
      ),
    ),
  'marks with other attributes': (root) =>
    put(
      root,
      paragraph(
        text(
          { insert: 'link ', attributes: { link: { href: { a: 1 } } } },
          { insert: 'link ', attributes: { link: true } },
          { insert: 'link ', attributes: { link: { href: 'javascript:alert(1)' } } },
          { insert: 'colour ', attributes: { textStyle: { color: 'red; background: url(x)', fontSize: 7 } } },
          { insert: 'marker ', attributes: { highlight: { color: ['red'] } } },
          { insert: 'style ', attributes: { textStyle: 'bold', bold: 'yes', italic: [1], comment: 4 } },
          { insert: WORDS, attributes: { 'comment--xxxxxxxx': { thread: 5 }, __proto__x: 1, constructor: {} } },
        ),
      ),
    ),
  'marks of blocks that are none': (root) =>
    put(
      root,
      element('paragraph', { __marks: '[{"type":"bold"},null,5,{"type":"insertion","attrs":7}]' }, text(WORDS)),
      element('blockquote', {}, element('paragraph', { __marks: '[{"type":"bold"}]' }, text(WORDS))),
      element('paragraph', { __marks: { a: 1 } }),
      element('paragraph', { __marks: '{' }, text(WORDS)),
    ),
  'lists 120 deep': (root) => put(root, nested(120)),
  'a root of text': asAnother((doc) => {
    doc.getText('default').insert(0, WORDS, { bold: true })
    doc.getText('default').insertEmbed(3, { image: 'x' })
  }),
  'a root of entries': asAnother((doc) => {
    doc.getMap('default').set('words', WORDS)
    doc.getMap('default').set('paragraph', paragraph())
  }),
  'a root of values': asAnother((doc) => doc.getArray('default').insert(0, [WORDS, 1, new Y.Map(), paragraph()])),
}

const NAMES = [...Object.keys(described.nodes), '', '__proto__', 'callout', 'mention']
const MARKS = [...Object.keys(described.marks), 'glow', 'comment--abcdefgh']
const VALUES = [1, -5, 1e9, 0.5, 'x', '', 'left', '#ff0000', 'javascript:x', true, null, [1, 'x'], { href: 3 }, {}]

function attributes(names: string[], chance: Chance): Record<string, unknown> {
  const chosen = names.filter(() => chance.next() < 0.2)
  return Object.fromEntries(chosen.map((name) => [name, chance.of(VALUES)]))
}

/** Anything that Yjs takes into an XML fragment. */
export function anything(chance: Chance, depth = 0): unknown {
  const children = () => Array.from({ length: chance.below(depth > 5 ? 1 : 4) }, () => anything(chance, depth + 1))
  if (chance.next() < 0.6) {
    const name = chance.of(NAMES)
    const known = described.nodes[name as keyof typeof described.nodes] as { attributes: object } | undefined
    return element(name, attributes([...Object.keys(known?.attributes ?? {}), '__marks', 'x'], chance), ...children())
  }
  return chance.of([
    () => text(`words${chance.below(1000)}`),
    () => text('bold', { insert: 'marked', attributes: attributes(MARKS, chance) }),
    () => text('before', { insert: chance.of([{ image: 1 }, new Y.Map([['a', 1]]), element('callout')]) }),
    () => text(),
    () => new Y.Map([['key', chance.of(VALUES)]]),
    () => Y.Array.from([chance.of(VALUES), new Y.Map()] as object[]),
    () => new Y.Text('plain'),
    () => new Y.XmlFragment(),
    () => chance.of(VALUES),
  ])()
}

/** Documents of all of this, by name, and as many of random content. */
export function misplaced(seeds: number): [string, Uint8Array][] {
  const random = (seed: number) => (root: Y.XmlFragment) => {
    const chance = new Chance(seed)
    for (let count = 0; count < 4; count += 1) put(root, anything(chance))
  }
  const writers = [
    ...Object.entries(MISPLACED),
    ...Array.from({ length: seeds }, (_, seed) => [`seed ${seed}`, random(seed)] as const),
  ]
  return writers.map(([name, write]) => {
    const doc = new Y.Doc()
    // Before what others put into the root.
    doc.clientID = 1
    put(doc.getXmlFragment('default'), paragraph(text('first')))
    write(doc.getXmlFragment('default'))
    put(doc.getXmlFragment('default'), paragraph(text('last')))
    return [name, Y.encodeStateAsUpdate(doc)]
  })
}
