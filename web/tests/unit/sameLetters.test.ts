/** Two people who write the same letters at one spot: a comparison of texts cannot tell whose is whose, the caret can. */
import { getSchema } from '@tiptap/core'
import { EditorState, TextSelection } from '@tiptap/pm/state'
import { EditorView } from '@tiptap/pm/view'
import { ySyncPlugin } from '@tiptap/y-tiptap'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { schemaExtensions } from '../../src/editor/extensions'

const schema = getSchema(schemaExtensions())

function editor(doc: Y.Doc): EditorView {
  const state = EditorState.create({ schema, plugins: [ySyncPlugin(doc.getXmlFragment('default'))] })
  return new EditorView(document.body.appendChild(document.createElement('div')), { state })
}

/** Types and erases as a person does: at the caret. */
function press(view: EditorView, key: string): void {
  const { tr, selection } = view.state
  if (key === '\b') view.dispatch(tr.delete(selection.from - 1, selection.from))
  else view.dispatch(tr.insertText(key))
}

function together(order: number[], starts: number, words: [string, string], clients: [number, number]): string {
  const docs = clients.map((client) => Object.assign(new Y.Doc(), { clientID: client }))
  const [first, second] = docs as [Y.Doc, Y.Doc]
  const paragraph = new Y.XmlElement('paragraph')
  paragraph.insert(0, [new Y.XmlText('w')])
  first.getXmlFragment('default').insert(0, [paragraph])
  Y.applyUpdate(second, Y.encodeStateAsUpdate(first))
  const views = docs.map(editor)
  for (const view of views) view.dispatch(view.state.tr.setSelection(TextSelection.create(view.state.doc, 1 + starts)))
  const left = words.map((all) => [...all])
  for (const who of [...order, ...order.map((one) => 1 - one)]) {
    const [view, key] = [views[who], left[who]?.shift()]
    if (!view || key === undefined) continue
    press(view, key)
    Y.applyUpdate(first, Y.encodeStateAsUpdate(second))
    Y.applyUpdate(second, Y.encodeStateAsUpdate(first))
  }
  const [text, other] = views.map((view) => view.state.doc.textContent)
  expect(other).toBe(text)
  for (const view of views) view.destroy()
  return text ?? ''
}

test('each one’s words stay together, whatever letters stand around them', () => {
  const words: [string, string] = ['ww1 ww\b2 w', 'ww3 ww\b4 w']
  for (let seed = 0; seed < 16; seed += 1) {
    const order = Array.from({ length: 40 }, (_, i) => ((seed * 2654435761) >>> (i % 31)) & 1)
    for (const clients of [
      [1, 2],
      [2, 1],
    ] as [number, number][]) {
      const text = together(order, seed % 2, words, clients)
      expect(text).toContain('ww1 w2 w')
      expect(text).toContain('ww3 w4 w')
    }
  }
})
