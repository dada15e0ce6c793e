/** A server that keeps documents in memory: as much of it as a browser needs to open them and to send words. */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { vi } from 'vitest'
import * as Y from 'yjs'
import type { DocumentInfo } from '../../src/api/client'
import schema from '../../src/editor/schema/schema.json'

const [SYNC, AUTH, STATELESS, CLOSE, RECEIPT] = [0, 2, 5, 7, 8] as const
const [ASKED, ANSWERED, WRITTEN] = [0, 1, 2] as const
const [DENIED, LET_IN] = [1, 2] as const

/** An address may name one of several openings of a document. */
const documentIn = (address: string): string => address.split('\0')[0] ?? ''

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
  /** Whether something in between lets no socket through. */
  blocked = false
  /** The token that opens a document for others than its owner. */
  link: string | null = null

  /** Open sockets. */
  readonly sockets = new Set<MemorySocket>()
  /** Whether sockets are told that what they sent is kept. */
  receipts = true
  /** Whether something came before what it stands on. */
  hadToWait = false
  private readonly held: (() => void)[] = []
  role: 'read-write' | 'readonly' = 'read-write'
  /** Why nobody is let in. */
  refusal: string | null = null
  /** What it cannot read now. */
  readonly unread = new Set<string>()

  constructor() {
    MemorySocket.server = this
    vi.stubGlobal('fetch', (path: string, options: RequestInit) => this.answer(path, options))
    vi.stubGlobal('WebSocket', MemorySocket)
  }

  /** The network goes, and comes back. */
  goAway(): void {
    this.away = true
    this.end()
    window.dispatchEvent(new Event('offline'))
  }

  comeBack(): void {
    this.away = false
    window.dispatchEvent(new Event('online'))
  }

  /** Closes all sockets. */
  end(): void {
    for (const socket of this.sockets) socket.end()
  }

  /** Says something about a document to everybody who has it open. */
  say(id: string, message: object): void {
    this.tell(id, STATELESS, (encoder) => encoding.writeVarString(encoder, JSON.stringify(message)))
  }

  /** Takes the receipts that were held back so far; they are sent when the result is called. */
  takeReceipts(): () => void {
    const taken = this.held.splice(0)
    return () => taken.forEach((send) => send())
  }

  /** Somebody writes in a document, and everybody who has it open hears of it. */
  write(id: string, update: Uint8Array): void {
    const kept = this.documents.get(id)
    if (kept) Y.applyUpdate(kept.doc, update)
    this.tell(id, SYNC, (encoder) => {
      encoding.writeVarUint(encoder, WRITTEN)
      encoding.writeVarUint8Array(encoder, update)
    })
  }

  private tell(id: string, type: number, write: (encoder: encoding.Encoder) => void): void {
    for (const socket of this.sockets)
      for (const address of [...socket.open].filter((one) => documentIn(one) === id)) socket.say(address, type, write)
  }

  hear(socket: MemorySocket, data: Uint8Array): void {
    const decoder = decoding.createDecoder(data)
    const address = decoding.readVarString(decoder)
    const type = decoding.readVarUint(decoder)
    const kept = this.documents.get(documentIn(address))
    if (type === CLOSE) socket.open.delete(address)
    if (type === AUTH) {
      const refusal = this.refusal ?? (!kept || kept.trashed ? 'permission-denied' : null)
      socket.say(address, AUTH, (encoder) => {
        encoding.writeVarUint(encoder, refusal ? DENIED : LET_IN)
        encoding.writeVarString(encoder, refusal ?? this.role)
      })
      if (!refusal && this.unread.has(documentIn(address))) {
        if (socket.open.size === 0) socket.end(1013)
        else socket.say(address, CLOSE, (encoder) => encoding.writeVarString(encoder, 'cannot be read now'))
      } else if (!refusal) socket.open.add(address)
    }
    if (type !== SYNC || !kept || !socket.open.has(address)) return
    const step = decoding.readVarUint(decoder)
    const content = decoding.readVarUint8Array(decoder)
    if (step === ASKED) {
      const say = (kind: number, bytes: Uint8Array) =>
        socket.say(address, SYNC, (encoder) => {
          encoding.writeVarUint(encoder, kind)
          encoding.writeVarUint8Array(encoder, bytes)
        })
      say(ANSWERED, Y.encodeStateAsUpdate(kept.doc, content))
      say(ASKED, Y.encodeStateVector(kept.doc))
      return
    }
    Y.applyUpdate(kept.doc, content)
    this.hadToWait ||= kept.doc.store.pendingStructs !== null
    const tell = (): void => socket.say(address, RECEIPT, (encoder) => encoding.writeVarInt(encoder, 1))
    if (this.receipts) tell()
    else this.held.push(tell)
  }

  /** What it says of a document of who is signed in. */
  info(id: string): DocumentInfo {
    const owner = { id: this.account ?? '', name: '' }
    const at = new Date().toISOString()
    return {
      ...{ id, title: this.documents.get(id)?.title ?? '', version: 1, role: 'owner', owner, trashed_at: null },
      ...{ created_at: at, updated_at: at, link_role: null, schema_version: schema.version, size_bytes: 0 },
      proof: `of ${id}`,
    }
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
      return json(this.info(fresh))
    }
    if (part === 'known')
      return new Headers(headers).get('X-Quire-Proof') === this.info(id ?? '').proof
        ? json({ known: this.documents.has(id ?? '') })
        : json({ detail: 'There is no such document.' }, 404)
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
      new Response(encoding.toUint8Array(encoder) as never, {
        headers: { 'Content-Type': 'application/octet-stream', 'X-Quire-Role': 'editor' },
      }),
    )
  }
}

class MemorySocket extends EventTarget {
  static readonly OPEN = 1
  readyState = 0
  binaryType = ''
  readonly open = new Set<string>()
  /** The socket of a page outlives a test: it connects to the server of the next. */
  static server: MemoryServer
  private readonly server = MemorySocket.server

  constructor() {
    super()
    setTimeout(() => {
      if (this.readyState !== 0) return
      if (this.server.away || this.server.blocked) return this.end()
      this.readyState = 1
      this.server.sockets.add(this)
      this.dispatchEvent(new Event('open'))
    })
  }

  send(data: Uint8Array): void {
    const copy = new Uint8Array(data)
    setTimeout(() => {
      if (this.readyState === 1 && copy.length > 1) this.server.hear(this, copy)
    })
  }

  say(address: string, type: number, write: (encoder: encoding.Encoder) => void): void {
    const encoder = encoding.createEncoder()
    encoding.writeVarString(encoder, address)
    encoding.writeVarUint(encoder, type)
    write(encoder)
    const data = encoding.toUint8Array(encoder).slice().buffer
    setTimeout(() => {
      if (this.readyState === 1) this.dispatchEvent(new MessageEvent('message', { data }))
    })
  }

  close(): void {
    this.end()
  }

  end(code = 1006): void {
    if (this.readyState === 3) return
    this.readyState = 3
    this.server.sockets.delete(this)
    setTimeout(() => this.dispatchEvent(Object.assign(new Event('close'), { code, reason: '' })))
  }
}
