/** Pictures on their way to the server, and what stays of them in the browser. */
import { Editor, type JSONContent } from '@tiptap/core'
import i18next from 'i18next'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { CONNECTED } from '../../src/browser/events'
import { schemaExtensions } from '../../src/editor/extensions'
import { asStored, byLink, type Addresses } from '../../src/editor/picture/address'
import { Picture } from '../../src/editor/picture/picture'
import { Uploads } from '../../src/editor/picture/uploads'
import { settled } from '../replicas/settled'

const STORED = '/api/v1/documents/one/attachments/plan'
const file = new File(['png'], 'plan.png', { type: 'image/png' })
const open: Editor[] = []
/** Addresses of content that the browser holds for this page. */
let held: string[]
let sent: { take: (src: string) => void; breakOff: () => void }[]
/** What this device keeps of the document. */
let kept: Map<string, File>

beforeEach(() => {
  ;[held, sent, kept] = [[], [], new Map()]
  vi.spyOn(i18next, 't').mockImplementation(((key: string) => key) as never)
  Object.assign(URL, {
    createObjectURL: () => held[held.push(`blob:${held.length}`) - 1],
    revokeObjectURL: (address: string) => held.splice(held.indexOf(address), 1),
  })
})

afterEach(() => {
  for (const editor of open.splice(0)) editor.destroy()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

function opened(
  content: JSONContent | string,
  addresses: Addresses = asStored,
  awareness = new Awareness(new Y.Doc()),
) {
  const upload = () =>
    new Promise<string>((take, refuse) => sent.push({ take, breakOff: () => refuse(new Error('broken off')) }))
  const unsent = {
    keep: async (id: string, one: File) => void kept.set(id, one),
    all: async () => [...kept],
    forget: async (id: string) => void kept.delete(id),
  }
  const uploads = new Uploads(upload, unsent, awareness)
  const extensions = schemaExtensions().map((one) =>
    one.name === 'image' ? Picture.configure({ uploads, addresses }) : one,
  )
  const editor = new Editor({ element: document.createElement('div'), extensions, content })
  open.push(editor)
  return { editor, uploads }
}

const pictureIn = ({ view }: Editor) => view.dom.querySelector<HTMLElement>('.picture')

test('a picture that a closed tab did not send is sent at the next opening of the document', async () => {
  // Nothing is loaded here.
  vi.spyOn(HTMLImageElement.prototype, 'complete', 'get').mockReturnValue(true)
  const { editor, uploads } = opened('<p>words</p>')
  uploads.add(editor.view, [file])
  await vi.waitFor(() => expect(sent).toHaveLength(1))
  const closing = new Event('beforeunload', { cancelable: true })
  window.dispatchEvent(closing)
  expect(closing.defaultPrevented).toBe(true)
  window.dispatchEvent(new Event('pagehide'))
  sent[0]?.breakOff()
  await settled()
  const next = opened(editor.getJSON())
  await vi.waitFor(() => expect(sent).toHaveLength(2))
  sent[1]?.take(STORED)
  await vi.waitFor(() => expect(pictureIn(next.editor)?.querySelector('img')?.getAttribute('src')).toBe(STORED))
  await vi.waitFor(() => expect([kept.size, held]).toEqual([0, []]))
})

test('a picture that does not arrive goes away again, and is not sent another time', async () => {
  const { editor, uploads } = opened('<p>words</p>')
  uploads.add(editor.view, [file])
  await vi.waitFor(() => expect(sent).toHaveLength(1))
  sent[0]?.breakOff()
  await vi.waitFor(() => expect(pictureIn(editor)).toBeNull())
  expect([kept.size, held]).toEqual([0, []])
})

test('others see whether somebody is still sending a picture', () => {
  const awareness = new Awareness(new Y.Doc())
  const content = { type: 'doc', content: [{ type: 'image', attrs: { id: 'plan', src: '' } }, { type: 'paragraph' }] }
  const { editor } = opened(content, asStored, awareness)
  const say = (state: object | null) => {
    if (state) awareness.states.set(7, state)
    else awareness.states.delete(7)
    awareness.emit('change', [{ added: [], updated: [7], removed: [] }, 'remote'])
    return pictureIn(editor)?.querySelector('.picture-note')?.textContent
  }
  expect(say({ uploads: ['plan'] })).toBe('picture.waiting')
  expect(say({ uploads: 'plan' })).toBe('picture.missing')
  expect(say({ uploads: ['plan'] })).toBe('picture.waiting')
  expect(say(null)).toBe('picture.missing')
})

test('what a visitor fetched is freed when the document is left', async () => {
  const answer = () => Promise.resolve(new Response('png', { headers: { 'Content-Type': 'image/png' } }))
  vi.stubGlobal('fetch', answer)
  const { editor } = opened(`<p>words</p><img src="${STORED}">`, byLink('link'))
  await vi.waitFor(() => expect(held).toHaveLength(1))
  open.pop()
  editor.destroy()
  await vi.waitFor(() => expect(held).toEqual([]))
})

test('a picture that could not be had is said to be missing however it is changed, and asked for again', async () => {
  const of = vi.fn(() => Promise.reject<string>(new Error('no network')))
  const { editor } = opened(`<p>words</p><img src="${STORED}">`, { of, release: () => undefined })
  const note = () => pictureIn(editor)?.querySelector<HTMLElement>('.picture-note:not([hidden])')?.textContent
  await vi.waitFor(() => expect(note()).toBe('picture.broken'))
  of.mockClear()
  editor.view.dispatch(editor.state.tr.setNodeAttribute(7, 'align', 'left'))
  await vi.waitFor(() => expect(note()).toBe('picture.broken'))
  expect(of).toHaveBeenCalledTimes(1)
})

test('a picture that could not be had without a network is shown when there is one', async () => {
  const of = vi.fn(() => Promise.reject<string>(new Error('no network')))
  const { editor } = opened(`<p>words</p><img src="${STORED}">`, { of, release: () => undefined })
  const note = () => pictureIn(editor)?.querySelector<HTMLElement>('.picture-note:not([hidden])')?.textContent
  await vi.waitFor(() => expect(note()).toBe('picture.broken'))
  of.mockResolvedValue(STORED)
  window.dispatchEvent(new Event(CONNECTED))
  await settled()
  expect(note()).toBeUndefined()
  of.mockClear()
  window.dispatchEvent(new Event(CONNECTED))
  expect(of).not.toHaveBeenCalled()
})
