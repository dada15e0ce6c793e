/** One open document in this tab: the live copy, its connection, and the truth about what is saved. */
import i18next from 'i18next'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { keepApart } from '../presence/colors'
import { Problem, type DocumentInfo, type RoleName } from '../api/client'
import schema from '../editor/schema/schema.json'
import { FrameProvider } from './frames'
import { HttpsExchange } from './https'
import { LocalCopy, storeName } from './local'
import { register } from './open'
import { rescueWords } from './rescue'
import { sharedSocket } from './socket'
import { Store } from './store'
import type { Handles, Me, ProblemKind, SaveStatus, SessionState } from './types'
import { advance, changesIn, countUnsent, raise, unsentWords, type Clocks } from './unsent'

/** A socket on which nothing is heard for this long, while HTTP works, counts as blocked. */
const BLOCKED_AFTER = 5000
/** A change that is not acknowledged for this long asks whether the link is alive. */
const DOUBT_AFTER = 5000

/** Close codes that say: a message was larger than the server takes. */
const TOO_BIG = new Set([1009, 4413])

/** Reasons after which the local copy has no business here. */
const FOR_GOOD = new Set(['permission-denied', 'not-found'])

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
    kept: 'unknown',
    stranded: null,
  })

  /** Why what waits here is not offered any more. */
  private unsendable: { reason: string; detail: string } | null = null
  private readonly local: LocalCopy
  private readonly provider: FrameProvider
  private readonly https: HttpsExchange
  private readonly socket: ReturnType<typeof sharedSocket>
  private connected = false
  private synced = false
  private localReady = false
  private offlineSince = Date.now()
  /** Characters and marks that the server has not confirmed. */
  private changes = 0
  private known: Clocks = new Map()
  /** What the server said to hold when the connection was made. */
  private serverState: Clocks = new Map()
  private storageProblem: string | null = null
  private refusedReason: string | null = null
  /** The role that the server gave allows no changes, and some were offered. */
  private writeRefused = false
  private httpsProblem: string | null = null
  private blockedTimer: ReturnType<typeof setTimeout> | undefined
  private doubtTimer: ReturnType<typeof setTimeout> | undefined
  private closed = false
  private readonly stopColours: () => void
  private readonly unregister = register(this)

  constructor(
    readonly documentId: string,
    readonly me: Me,
    person: string,
    link: string | null,
    deadAfter = 25,
  ) {
    this.socket = sharedSocket(deadAfter)
    this.local = new LocalCopy(storeName(person, documentId), this.doc, () => this.held())
    this.awareness.setLocalState({ user: me })
    this.stopColours = keepApart(this.awareness)
    this.https = new HttpsExchange(this.doc, documentId, link, {
      // Perhaps only the server was away: the socket need not wait for its next turn.
      onLive: () => this.socket.wake(),
      onAnswer: (role, settled) => this.onHttpsAnswer(role, settled),
      onFailed: (error) => this.onHttpsFailed(error),
      changes: () => (this.state.get().stranded ? 0 : this.changes),
    })
    this.local.kept.subscribe(() => {
      this.state.update({ kept: this.local.kept.get() })
      this.refresh()
    })
    this.doc.on('update', this.onUpdate)
    rescueWords(this.doc, (origin) => origin === this.provider || origin === this.https)
    this.provider = new FrameProvider({
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
        if (TOO_BIG.has(event.code) && this.changes > 0) this.onUnsendable('too-big')
        this.onStatus('disconnected')
      },
    })
    this.provider.onServerState = (clocks) => {
      this.serverState = clocks
      if (this.state.get().stranded) this.strand()
    }
    this.provider.attach()
    if (!this.socket.shouldConnect) void this.socket.connect()
    void this.local.loaded.then((found) => this.onLoaded(found))
    window.addEventListener('beforeunload', this.onUnload)
    window.addEventListener('pagehide', this.onHide)
    window.addEventListener('pageshow', this.onShow)
    this.watchForBlockedSocket()
    this.refresh()
  }

  /** Send the session's credentials again on the same socket: after signing in over an open document. */
  reauthenticate(): void {
    this.state.update({ problem: null })
    this.socket.renew()
    this.watchForBlockedSocket()
  }

  /** Whether the server lacks something of this tab. */
  get unsaved(): boolean {
    return this.changes > 0
  }

  /** Writes down what the server is known to hold. */
  note(): Promise<void> {
    return this.local.note()
  }

  /** All words of the document as it stands in this tab. */
  text(): string {
    return unsentWords(this.fragment, new Map())
  }

  /** The words that no server has confirmed. */
  unsentWords(): string {
    return unsentWords(this.fragment, this.known)
  }

  /** Gives up what is stranded, with the local copy that holds it; the page must be opened anew. */
  async discard(): Promise<void> {
    this.changes = 0
    await this.local.erase()
  }

  /** Keeps what is known of the document with its local copy. */
  keepInfo(info: DocumentInfo): void {
    this.local.keepInfo(info)
  }

  /** Others' changes wait while `held` says so, for a while; `before` is called just before they are taken in. */
  onRemote(held: () => boolean, before: () => void): void {
    this.provider.held = held
    this.provider.beforeRemote = before
  }

  dismissRefusal(): void {
    this.state.update({ refused: null })
  }

  async close(): Promise<void> {
    if (this.closed) return
    void this.local.note()
    this.closed = true
    this.unregister()
    clearTimeout(this.blockedTimer)
    clearTimeout(this.doubtTimer)
    this.https.stop()
    window.removeEventListener('beforeunload', this.onUnload)
    window.removeEventListener('pagehide', this.onHide)
    window.removeEventListener('pageshow', this.onShow)
    this.stopColours()
    this.awareness.setLocalState(null)
    this.provider.destroy()
    this.awareness.destroy()
    await this.local.close()
    this.doc.destroy()
  }

  // ------------------------------------------------------------------ what happens

  private onLoaded(found: boolean): void {
    if (this.closed) return
    this.localReady = true
    raise(this.known, this.local.confirmed.sv)
    if (!this.settled) this.changes = countUnsent(this.doc, this.local.confirmed)
    if (this.local.seen !== null && !this.connected) this.offlineSince = this.local.seen
    const { role, readOnly, problem } = this.state.get()
    if (problem === null) {
      if (found) this.state.update({ ready: true, readOnly: role === null ? !this.local.writable : readOnly })
      // The server may have been quicker than the disk.
      if (this.writeRefused) this.strand()
    } else if (FOR_GOOD.has(problem.detail)) this.onRefusedForGood()
    this.refresh()
  }

  private readonly onUpdate = (_: Uint8Array, origin: unknown, __: Y.Doc, transaction: Y.Transaction): void => {
    if (origin === this.local.origin) return
    if (origin === this.provider || origin === this.https) {
      advance(this.known, transaction)
      this.local.confirm()
      return
    }
    this.changes += changesIn(transaction)
    if (this.doubtTimer === undefined) this.doubt()
    this.refresh()
  }

  /** A link that takes changes and says nothing may be dead: ask. */
  private doubt(): void {
    this.doubtTimer = setTimeout(() => {
      this.doubtTimer = undefined
      if (this.changes > 0 && this.connected) this.socket.wake()
    }, DOUBT_AFTER)
  }

  /** Whether the server holds everything that this tab holds. */
  private get settled(): boolean {
    if (this.connected && this.synced) return this.provider.unsyncedChanges === 0
    return this.https.live && this.changes === 0
  }

  /** What the server is known to hold: all of it, or all but what is on its way (deletions are known by then only). */
  private held(): Y.Snapshot {
    return this.settled ? Y.snapshot(this.doc) : Y.createSnapshot(Y.createDeleteSet(), new Map(this.known))
  }

  private onStatus(status: string): void {
    const connected = status === 'connected'
    if (connected === this.connected) return
    this.connected = connected
    if (connected) {
      // Others forgot this person when the old socket went: a new clock brings the cursor back at once.
      this.awareness.setLocalState(this.awareness.getLocalState())
    } else {
      // What was on screen was current when the server was last heard.
      if (this.synced) this.offlineSince = this.socket.lastMessageReceived || Date.now()
      this.synced = false
      this.watchForBlockedSocket()
    }
    this.refresh()
  }

  private onSynced(): void {
    this.synced = true
    // A document attached to an open socket hears of no change of status.
    this.connected = true
    clearTimeout(this.blockedTimer)
    this.https.stop()
    this.httpsProblem = null
    this.state.update({ ready: true })
    this.onAcknowledged()
  }

  private onAcknowledged(): void {
    if (this.settled) {
      this.onSettled()
      this.refusedReason = null
    }
    this.refresh()
  }

  private onSettled(): void {
    this.changes = 0
    this.state.update({ stranded: null })
    for (const [client, clock] of Y.decodeStateVector(Y.encodeStateVector(this.doc))) this.known.set(client, clock)
    this.local.confirm()
  }

  private onAuthenticated(scope: string): void {
    this.onRole(scope === 'read-write' ? 'editor' : 'viewer')
  }

  private onRole(role: 'editor' | 'viewer'): void {
    const readOnly = role === 'viewer'
    if (!readOnly) this.writeRefused = false
    this.local.writable = !readOnly
    this.state.update({ readOnly, role, problem: null })
    if (!readOnly && this.state.get().stranded) {
      this.state.update({ stranded: null })
      this.offerAgain()
    }
  }

  /** What was refused may be taken now: a new handshake offers everything. */
  private offerAgain(): void {
    this.refusedReason = null
    this.state.update({ refused: null })
    if (this.synced) this.socket.renew()
  }

  /** Says which changes cannot be sent any more: nothing is thrown away unseen. */
  private strand(): void {
    // What came shortly before a reload is not yet noted as known.
    raise(this.known, this.serverState)
    if (this.changes > 0) {
      this.state.update({ stranded: { words: this.unsentWords(), changes: this.changes } })
    }
  }

  private onDenied(reason: string): void {
    this.https.stop()
    clearTimeout(this.blockedTimer)
    this.state.update({ readOnly: true, problem: { kind: PROBLEMS[reason] ?? 'denied', detail: reason } })
    if (FOR_GOOD.has(reason)) this.onRefusedForGood()
    this.refresh()
  }

  /** What waits here is too big for one message, or no update: offered again, it would only be refused again. */
  private onUnsendable(reason: string, detail = ''): void {
    this.unsendable = { reason, detail }
    this.provider.detach()
    this.socket.disconnect()
    this.https.stop()
    this.state.update({ refused: this.unsendable })
    this.refresh()
  }

  /** Access is gone: the local copy goes too, unless it holds what nobody else has. */
  private onRefusedForGood(): void {
    this.local.writable = false
    if (!this.localReady) return
    this.strand()
    if (!this.state.get().stranded) void this.local.erase()
    else this.state.update({ ready: true })
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
        this.onRefused(String(message.reason), String(message.detail))
        break
      case 'size':
        // There is room again for what was refused.
        if (this.refusedReason && this.state.get().size === 'full' && message.level !== 'full') this.offerAgain()
        this.state.update({ size: message.level as 'ok' | 'warn' | 'full' })
        break
    }
    this.refresh()
  }

  private onRefused(reason: string, detail: string): void {
    this.refusedReason = detail
    if (reason === 'read-only') {
      this.writeRefused = true
      this.strand()
    } else if (reason === 'unstorable') this.onUnstorable(detail)
    else this.state.update({ refused: { reason, detail } })
  }

  /**
   * Something in this copy can never be stored, perhaps of somebody else: nothing that is written on it would be. The
   * document is loaded anew, at once where nothing of one's own would be lost.
   */
  private onUnstorable(detail: string): void {
    this.onUnsendable('unstorable', detail)
    this.state.update({ readOnly: true })
    void this.local.loaded.then(() => {
      if (this.changes > 0) this.strand()
      else void this.discard().then(() => location.reload())
      this.refresh()
    })
  }

  private watchForBlockedSocket(): void {
    clearTimeout(this.blockedTimer)
    this.blockedTimer = setTimeout(() => {
      if (this.closed || this.synced || this.unsendable || this.state.get().problem !== null) return
      if (navigator.onLine && this.localReady && this.socket.lastMessageReceived === 0) this.https.start()
      this.watchForBlockedSocket()
    }, BLOCKED_AFTER)
  }

  private onHttpsAnswer(role: RoleName, settled: boolean): void {
    this.httpsProblem = null
    this.onRole(role === 'viewer' || role === 'commenter' || role === 'suggester' ? 'viewer' : 'editor')
    this.state.update({ ready: true })
    if (settled && !this.state.get().stranded) {
      this.onSettled()
      if (this.refusedReason) this.state.update({ refused: null })
      this.refusedReason = null
    }
    this.refresh()
  }

  private onHttpsFailed(error: unknown): void {
    const answer = error instanceof Problem ? error : null
    const reason = answer?.body.reason
    if (answer?.status === 413 || reason === 'too-big') this.onUnsendable('too-big')
    else if (typeof answer?.body.detail !== 'string') {
      // No answer, or one from something in between: the server is away.
      if (this.https.live) this.offlineSince = Date.now()
      this.https.stop()
    } else if (answer.status === 401) this.onDenied('session-expired')
    else if (answer.status === 404) this.onDenied('permission-denied')
    else if (reason === 'malformed') this.onUnsendable(reason, answer.detail)
    else if (reason === 'unstorable') this.onUnstorable(answer.detail)
    else if (reason === 'read-only') {
      this.onRole('viewer')
      this.writeRefused = true
      this.strand()
    } else {
      this.httpsProblem = answer.detail
      if (answer.status === 409) this.onRefused(String(reason), answer.detail)
    }
    this.refresh()
  }

  private readonly onUnload = (event: BeforeUnloadEvent): void => {
    if (this.changes > 0 && this.local.kept.get() === 'no') event.preventDefault()
  }

  private readonly onHide = (): void => {
    void this.local.note()
    this.awareness.setLocalState(null)
  }

  /** The browser kept the page and shows it again. */
  private readonly onShow = (event: PageTransitionEvent): void => {
    if (event.persisted) this.awareness.setLocalState({ user: this.me })
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
    if (this.state.get().stranded) return { kind: 'stranded' }
    const problem = this.storageProblem ?? this.refusedReason ?? this.httpsProblem
    if (this.connected && this.synced) {
      if (this.settled) return { kind: 'saved', transport: 'socket' }
      return problem ? { kind: 'unsaved', reason: problem } : { kind: 'saving', transport: 'socket' }
    }
    if (this.https.live) {
      if (this.settled) return { kind: 'saved', transport: 'https' }
      return problem ? { kind: 'unsaved', reason: problem } : { kind: 'saving', transport: 'https' }
    }
    if (this.unsendable) {
      const { reason, detail } = this.unsendable
      return { kind: 'unsaved', reason: reason === 'too-big' ? i18next.t('status.too-big') : detail }
    }
    if (this.connected || !this.localReady) return { kind: 'connecting' }
    return { kind: 'offline', changes: this.changes, kept: this.local.kept.get() !== 'no', since: this.offlineSince }
  }
}
