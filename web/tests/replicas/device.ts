/** A browser's storage without a browser. */
import 'fake-indexeddb/auto'
import { locks } from 'node:worker_threads'
import { IDBFactory } from 'fake-indexeddb'
import { vi } from 'vitest'
import * as Y from 'yjs'
import schema from '../../src/editor/schema/schema.json'

/** A device on which nothing is kept. */
export function newDevice(): void {
  vi.stubGlobal('indexedDB', new IDBFactory())
  Object.defineProperty(navigator, 'locks', { value: locks, configurable: true })
  localStorage.clear()
}

/** A copy, or every one if none is named, is opened only when the result is called. */
export function slowStorage(name?: string): () => void {
  const { open: begin } = IDBFactory.prototype
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(function (this: IDBFactory, wanted, ...rest) {
    const request = begin.call(this, wanted, ...rest)
    if (name === undefined || wanted === name)
      Object.defineProperty(request, 'onsuccess', {
        set: (then: (event: Event) => void) =>
          request.addEventListener('success', (event) => void released.then(() => then(event))),
      })
    return request
  })
  return release
}

/** An update that writes a paragraph. */
export function paragraph(text: string): Uint8Array {
  const doc = new Y.Doc()
  const element = new Y.XmlElement('paragraph')
  element.insert(0, [new Y.XmlText(text)])
  doc.getXmlFragment(schema.fragment).push([element])
  const update = Y.encodeStateAsUpdate(doc)
  doc.destroy()
  return update
}

/** Everything that waits waits a hundredth of its time. */
export function hurry(): void {
  const wait = setTimeout
  vi.stubGlobal('setTimeout', (work: () => void, pause = 0) => wait(work, pause / 100))
}
