/** One open document in this tab: the live copy, its connection, and the truth about what is saved. */
import { HocuspocusProvider } from '@hocuspocus/provider'
import i18next from 'i18next'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { NetworkError, Problem } from '../api/client'
import schema from '../editor/schema/schema.json'
import { HttpsExchange } from './https'
import { LocalCopy, storeName } from './local'
import { rescueWords } from './rescue'
import { sharedSocket } from './socket'
import { Store } from './store'
import type { Handles, Me, ProblemKind, SaveStatus, SessionState } from './types'

/** A socket that does not open for this long, while HTTP works, counts as blocked. */
const BLOCKED_AFTER = 5000

/** Close codes that say: a message was larger than the server takes. */
const TOO_BIG = new Set([1009, 4413])

const PROBLEMS: Record<string, ProblemKind> = {
  'permission-denied': 'denied',
  'not-found': 'not-found',
  'schema-too-old': 'schema-too-old',
  'session-expired': 'session-expired',
  'too-many-connections': 'too-many',
  'too-many-documents': 'too-many',
}

export class DocumentSession implements Handles {
  readonly doc = new Y.Doc()
  readonly awareness = new Awareness(this.doc)
  readonly fragment = this.doc.getXmlFragment(schema.fragment)
  readonly state = new Store<SessionState>({
    status: { kind: 'connecting' },
    role: null,
    readOnly: true,
    ready: false,
    problem: null,
    meta: null,
    refused: null,
    size: 'ok',
    release: null,
  })

  private tooBig = false
  private readonly local: LocalCopy
  private readonly provider: HocuspocusProvider
  private readonly https: HttpsExchange
  private readonly socket = sharedSocket()
  private connected = false
  private synced = false
  private localReady = false
  private offlineSince = Date.now()
  private changes: number
  private storageProblem: string | null = null
  private refusedReason: string | null = null
  private httpsSaved = false
  private httpsProblem: string | null = null
  private blockedTimer: ReturnType<typeof setTimeout> | undefined
  private closed = false

  constructor(
    readonly documentId: string,
    readonly me: Me,
    person: string,
    link: string | null,
  ) {
    this.local = new LocalCopy(storeName(person, documentId), this.doc)
    this.changes = this.local.unsent
    this.awareness.setLocalState({ user: me })
    this.https = new HttpsExchange(
      this.doc,
      documentId,
      link,
      () => this.onHttpsSaved(),
      (error) => this.onHttpsFailed(error),
      () => this.changes,
    )
    this.doc.on('update', this.onUpdate)
    rescueWords(this.doc, (origin) => origin === this.provider || origin === this.https)
    this.provider = new HocuspocusProvider({
      websocketProvider: this.socket,
      name: documentId,
      document: this.doc,
      awareness: this.awareness,
      token: link ?? '',
      onStatus: ({ status }) => this.onStatus(String(status)),
      onSynced: () => this.onSynced(),
      onAuthenticated: ({ scope }) => this.onAuthenticated(scope),
      onAuthenticationFailed: ({ reason }) => this.onDenied(reason),
      onStateless: ({ payload }) => this.onMessage(payload),
      onUnsyncedChanges: () => this.onAcknowledged(),
      onClose: ({ event }) => {
        if (TOO_BIG.has(event.code) && this.changes > 0) this.onTooBig()
        this.onStatus('disconnected')
      },
    })
    this.provider.attach()
    if (String(this.socket.status) === 'disconnected') this.socket.wake()
    void this.local.loaded.then((found) => {
      this.localReady = true
      if (found && !this.closed) {
        const known = this.state.get()
        this.state.update({ ready: true, readOnly: known.role === null ? !this.local.writable : known.readOnly })
      }
      this.refresh()
    })
    window.addEventListener('beforeunload', this.onUnload)
    window.addEventListener('pagehide', this.onHide)
    this.watchForBlockedSocket()
    this.refresh()
  }

  /** Send the session's credentials again on the same socket: after signing in over an open document. */
  reauthenticate(): void {
    this.state.update({ problem: null })
    this.socket.drop()
    void this.socket.connect()
  }

  dismissRefusal(): void {
    this.state.update({ refused: null })
  }

  async close(): Promise<void> {
    this.closed = true
    clearTimeout(this.blockedTimer)
    this.https.stop()
    window.removeEventListener('beforeunload', this.onUnload)
    window.removeEventListener('pagehide', this.onHide)
    this.awareness.setLocalState(null)
    this.provider.destroy()
    this.awareness.destroy()
    await this.local.close()
    this.doc.destroy()
  }

  // ------------------------------------------------------------------ what happens

  private readonly onUpdate = (_: Uint8Array, origin: unknown): void => {
    if (origin === this.provider || origin === this.local.origin || origin === this.https) return
    this.changes += 1
    this.local.unsent = this.changes
    this.httpsSaved = false
    this.refresh()
  }

  private onStatus(status: string): void {
    const connected = status === 'connected'
    if (connected === this.connected) return
    this.connected = connected
    if (connected) {
      clearTimeout(this.blockedTimer)
      this.https.stop()
      // Others forgot this person when the old socket went: a new clock brings the cursor back at once.
      this.awareness.setLocalState(this.awareness.getLocalState())
    } else {
      this.synced = false
      this.offlineSince = Date.now()
      this.watchForBlockedSocket()
    }
    this.refresh()
  }

  private onSynced(): void {
    this.synced = true
    // A document attached to an open socket hears of no change of status.
    this.connected = true
    this.https.stop()
    this.httpsProblem = null
    this.state.update({ ready: true })
    this.onAcknowledged()
  }

  private onAcknowledged(): void {
    if (this.synced && this.connected && this.provider.unsyncedChanges === 0) {
      this.changes = 0
      this.local.unsent = 0
      this.refusedReason = null
    }
    this.refresh()
  }

  private onAuthenticated(scope: string): void {
    const readOnly = scope !== 'read-write'
    this.local.writable = !readOnly
    this.state.update({ readOnly, problem: null, role: readOnly ? 'viewer' : 'editor' })
  }

  private onDenied(reason: string): void {
    this.https.stop()
    clearTimeout(this.blockedTimer)
    if (reason !== 'session-expired') this.local.writable = false
    this.state.update({ readOnly: true, problem: { kind: PROBLEMS[reason] ?? 'denied', detail: reason } })
    this.refresh()
  }

  /** What waits here cannot be sent in one message: on a new connection it would only be refused again. */
  private onTooBig(): void {
    this.tooBig = true
    this.provider.detach()
    this.socket.disconnect()
    this.https.stop()
    this.state.update({ refused: { reason: 'too-big', detail: '' } })
    this.refresh()
  }

  private onMessage(payload: string): void {
    const message = JSON.parse(payload) as Record<string, unknown>
    switch (message.type) {
      case 'document':
        this.state.update({ meta: { title: String(message.title), version: Number(message.version) } })
        break
      case 'storage':
        this.storageProblem = message.ok ? null : String(message.reason)
        break
      case 'refused':
        this.refusedReason = String(message.detail)
        this.state.update({ refused: { reason: String(message.reason), detail: String(message.detail) } })
        break
      case 'size':
        this.state.update({ size: message.level as 'ok' | 'warn' | 'full' })
        break
      case 'release':
        this.state.update({ release: String(message.version) })
        break
    }
    this.refresh()
  }

  private watchForBlockedSocket(): void {
    clearTimeout(this.blockedTimer)
    this.blockedTimer = setTimeout(() => {
      if (this.connected || this.closed || this.tooBig || !navigator.onLine) return
      if (this.state.get().problem === null) this.https.start()
    }, BLOCKED_AFTER)
  }

  private onHttpsSaved(): void {
    this.httpsSaved = true
    this.httpsProblem = null
    this.changes = 0
    this.local.unsent = 0
    const state = this.state.get()
    this.state.update({ ready: true, readOnly: state.role === null ? false : state.readOnly })
    this.refresh()
  }

  private onHttpsFailed(error: unknown): void {
    this.httpsSaved = false
    if (error instanceof Problem) {
      if (error.status === 401) this.onDenied('session-expired')
      else if (error.status === 404) this.onDenied('permission-denied')
      else if (error.status === 403) this.state.update({ readOnly: true, role: 'viewer' })
      else this.httpsProblem = error.detail
    } else if (!(error instanceof NetworkError)) {
      this.httpsProblem = String(error)
    } else {
      this.https.stop()
      this.watchForBlockedSocket()
    }
    this.refresh()
  }

  private readonly onUnload = (event: BeforeUnloadEvent): void => {
    if (this.changes > 0 && !this.local.kept) event.preventDefault()
  }

  private readonly onHide = (): void => {
    this.awareness.setLocalState(null)
  }

  // ------------------------------------------------------------------ the one status

  private refresh(): void {
    if (!this.closed) this.state.update({ status: this.next() })
  }

  private next(): SaveStatus {
    const status = this.compute()
    const before = this.state.get().status
    return JSON.stringify(status) === JSON.stringify(before) ? before : status
  }

  private compute(): SaveStatus {
    const problem = this.storageProblem ?? this.refusedReason ?? this.httpsProblem
    if (this.connected && this.synced) {
      if (this.provider.unsyncedChanges === 0) return { kind: 'saved', transport: 'socket' }
      return problem ? { kind: 'unsaved', reason: problem } : { kind: 'saving', transport: 'socket' }
    }
    if (this.https.active) {
      if (this.httpsProblem) return { kind: 'unsaved', reason: this.httpsProblem }
      if (this.httpsSaved || this.changes === 0) return { kind: 'saved', transport: 'https' }
      return { kind: 'saving', transport: 'https' }
    }
    if (this.tooBig) return { kind: 'unsaved', reason: i18next.t('status.too-big') }
    if (this.connected || !this.localReady) return { kind: 'connecting' }
    return { kind: 'offline', changes: this.changes, kept: this.local.kept, since: this.offlineSince }
  }
}
