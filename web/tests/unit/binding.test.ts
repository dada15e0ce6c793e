/** The binding between shared document and editor, with the patch in patches/. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { getSchema } from '@tiptap/core'
import { EditorState } from '@tiptap/pm/state'
import { initProseMirrorDoc, updateYFragment } from '@tiptap/y-tiptap'
import { expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { schemaExtensions } from '../../src/editor/extensions'
import { Replica } from '../replicas/replica'

const schema = getSchema(schemaExtensions())

function paragraph(words: string): Y.XmlElement {
  const element = new Y.XmlElement('paragraph')
  element.insert(0, [new Y.XmlText(words)])
  return element
}

/** What a newer release might write: a block, a mark, an attribute and a block mark that this one does not know. */
function newerDocument(): { doc: Y.Doc; fragment: Y.XmlFragment } {
  const doc = new Y.Doc()
  const fragment = doc.getXmlFragment('default')
  const callout = new Y.XmlElement('callout')
  callout.setAttribute('tone', 'warning')
  callout.insert(0, [paragraph('inside the callout')])
  const marked = paragraph('glowing words')
  marked.setAttribute('mood', 'calm')
  marked.setAttribute('__marks', JSON.stringify([{ type: 'insertion', attrs: { id: 's1' } }, { type: 'aura' }]))
  fragment.insert(0, [paragraph('first'), callout, marked, paragraph('last')])
  ;(marked.get(0) as Y.XmlText).format(0, 7, { glow: { level: 2 } })
  return { doc, fragment }
}

/** Edit as the editor does: through its own document, then back into the shared one. */
function edited(fragment: Y.XmlFragment, edit: (state: EditorState) => EditorState): EditorState {
  const { doc, meta } = initProseMirrorDoc(fragment, schema)
  const state = edit(EditorState.create({ schema, doc }))
  updateYFragment(fragment.doc as Y.Doc, fragment, state.doc, meta)
  return state
}

test('FM-076 blocks, marks and attributes of a newer release survive edits in this one', () => {
  const { fragment } = newerDocument()
  const [, callout, marked] = fragment.toArray() as Y.XmlElement[]
  const before = callout?.toString()
  edited(fragment, (state) => {
    expect(state.doc.child(1).type.name).toBe('unknownBlock')
    expect(state.doc.child(1).attrs.name).toBe('callout')
    let next = state.apply(state.tr.insertText('edited ', 1))
    const inMarked = next.doc.child(0).nodeSize + next.doc.child(1).nodeSize + 1
    next = next.apply(next.tr.insertText('still ', inMarked + 7))
    const last = next.doc.content.size - next.doc.child(3).nodeSize
    return next.apply(next.tr.delete(last, next.doc.content.size))
  })
  expect(fragment.length).toBe(3)
  expect(fragment.get(1)).toBe(callout)
  expect(callout?.toString()).toBe(before)
  expect(marked?.getAttribute('mood')).toBe('calm')
  expect(JSON.parse(marked?.getAttribute('__marks') ?? '')).toContainEqual({ type: 'aura' })
  expect((marked?.get(0) as Y.XmlText).toDelta()[0].attributes).toEqual({ glow: { level: 2 } })
  expect((marked?.get(0) as Y.XmlText).toString()).toContain('still')
  expect(fragment.get(0).toString()).toContain('edited first')
})

test('FM-076 a block of a newer release can be moved and stays what it is', () => {
  const { fragment } = newerDocument()
  const before = fragment.get(1).toString()
  edited(fragment, (state) => {
    const at = state.doc.child(0).nodeSize
    const block = state.doc.child(1)
    const without = state.apply(state.tr.delete(at, at + block.nodeSize))
    return without.apply(without.tr.insert(without.doc.content.size, block))
  })
  expect(fragment.get(fragment.length - 1).toString()).toBe(before)
})

test('marks of blocks travel in both directions', () => {
  const { fragment } = newerDocument()
  const state = edited(fragment, (current) => {
    expect(current.doc.child(2).marks.map((mark) => mark.type.name)).toEqual(['insertion'])
    const mark = schema.mark('deletion', { id: 's2' })
    const first = current.doc.child(0)
    return current.apply(current.tr.replaceWith(0, first.nodeSize, first.mark([mark])))
  })
  expect(state.doc.child(0).marks).toHaveLength(1)
  const reopened = initProseMirrorDoc(fragment, schema).doc
  expect(reopened.child(0).marks.map((mark) => mark.toJSON())).toEqual([{ type: 'deletion', attrs: { id: 's2' } }])
  edited(fragment, (current) => {
    const first = current.doc.child(0)
    return current.apply(current.tr.replaceWith(0, first.nodeSize, first.mark([])))
  })
  expect((fragment.get(0) as Y.XmlElement).getAttribute('__marks')).toBeUndefined()
})

test('an edit of nothing writes nothing', () => {
  const { doc, fragment } = newerDocument()
  let updates = 0
  doc.on('update', () => (updates += 1))
  edited(fragment, (state) => state)
  expect(updates).toBe(0)
})

test.each(['v1'])('FM-076 a document of schema %s opens in this release', (version) => {
  const file = (kind: string) => resolve('..', 'tests', 'fixtures', 'documents', `${version}.${kind}`)
  const doc = new Y.Doc()
  Y.applyUpdate(doc, readFileSync(file('bin')))
  const opened = initProseMirrorDoc(doc.getXmlFragment('default'), schema).doc
  opened.check()
  const expected = JSON.parse(readFileSync(file('json'), 'utf8')) as string[]
  const found: string[] = []
  opened.descendants((node) => void (node.isText ? found.push(node.text ?? '') : undefined))
  expect(found.join('')).toBe(expected.join(''))
  expect(new Set(JSON.stringify(opened.toJSON()).match(/"type":"\w+"/g))).not.toContain('"type":"unknownBlock"')
})

test('a document that begins with a list opens without a selection where no words can be', () => {
  const warned = vi.spyOn(console, 'warn')
  const [list, item] = [new Y.XmlElement('bulletList'), new Y.XmlElement('listItem')]
  item.insert(0, [paragraph('words')])
  list.insert(0, [item])
  const doc = new Y.Doc()
  doc.getXmlFragment('default').insert(0, [list])
  const replica = new Replica(1, Y.encodeStateAsUpdate(doc))
  expect(replica.editor.state.selection.$head.parent.textContent).toBe('words')
  expect(warned).not.toHaveBeenCalled()
  replica.close()
})
