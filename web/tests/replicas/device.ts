/** A browser's storage without a browser, and a server that keeps documents in memory. */
import 'fake-indexeddb/auto'
import { locks } from 'node:worker_threads'
import { IDBFactory } from 'fake-indexeddb'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { vi } from 'vitest'
import * as Y from 'yjs'
import schema from '../../src/editor/schema/schema.json'

/** A device on which nothing is kept. */
export function newDevice(): void {
  vi.stubGlobal('indexedDB', new IDBFactory())
  Object.defineProperty(navigator, 'locks', { value: locks, configurable: true })
  localStorage.clear()
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

interface Stored {
  doc: Y.Doc
  title: string
  trashed: boolean
}

/** The part of the HTTP API that documents which are not open are sent by. */
export class MemoryServer {
  readonly documents = new Map<string, Stored>()
  /** Every request that was answered: method and path. */
  readonly requests: string[] = []
  account: string | null = 'ada'
  away = false
  /** The token that opens a document for others than its owner. */
  link: string | null = null

  constructor() {
    vi.stubGlobal('fetch', (path: string, options: RequestInit) => this.answer(path, options))
  }

  keep(id: string): Stored {
    const kept = { doc: new Y.Doc(), title: '', trashed: false }
    this.documents.set(id, kept)
    return kept
  }

  words(id: string): string {
    const doc = this.documents.get(id)?.doc
    return doc
      ? doc
          .getXmlFragment(schema.fragment)
          .toArray()
          .map((block) => block.toString().replace(/<[^>]*>/g, ''))
          .join('\n')
      : ''
  }

  private answer(address: string, { method = 'GET', body, headers }: RequestInit): Promise<Response> {
    if (this.away) return Promise.reject(new TypeError('Failed to fetch'))
    const path = address.replace('/api/v1', '')
    this.requests.push(`${method} ${path}`)
    const [, place, id, part] = path.split('/')
    const json = (value: unknown, status = 200) => Promise.resolve(Response.json(value, { status }))
    if (place === 'session') return json({ account: this.account && { id: this.account }, csrf_token: 'token' })
    if (place === 'documents' && method === 'POST' && !id) {
      const { id: fresh, title } = JSON.parse(String(body)) as { id: string; title: string }
      const kept = this.documents.get(fresh) ?? this.keep(fresh)
      kept.title = title
      return json({ id: fresh, title, version: 1, role: 'owner', owner: { id: this.account }, trashed_at: null })
    }
    const kept = this.documents.get(id ?? '')
    const token = new Headers(headers).get('X-Quire-Link')
    if (!kept || (this.account === null && (this.link === null || token !== this.link)))
      return json({ detail: 'There is no such document.' }, 404)
    if (method === 'DELETE') {
      kept.trashed = true
      return Promise.resolve(new Response(null, { status: 204 }))
    }
    if (part !== 'sync') return json({ detail: 'Not known here.' }, 404)
    const decoder = decoding.createDecoder(body as Uint8Array)
    const vector = decoding.readVarUint8Array(decoder)
    const update = decoding.readVarUint8Array(decoder)
    if (update.length > 0) Y.applyUpdate(kept.doc, update)
    const encoder = encoding.createEncoder()
    encoding.writeVarUint8Array(encoder, Y.encodeStateVector(kept.doc))
    encoding.writeVarUint8Array(encoder, Y.encodeStateAsUpdate(kept.doc, vector))
    return Promise.resolve(
      new Response(encoding.toUint8Array(encoder) as never, { headers: { 'X-Quire-Role': 'editor' } }),
    )
  }
}
