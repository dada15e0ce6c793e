/** One open document in this tab: the live copy, its connection, and the truth about what is saved. */
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { OwnPresence } from '../presence/own'
import type { DocumentInfo, RoleName } from '../api/client'
import schema from '../editor/schema/schema.json'
import { FrameProvider } from './frames'
import { Arrival } from './arrival'
import { HttpsExchange } from './https'
import { Ledger } from './ledger'
import { keptInfo, LocalCopy, storeName } from './local'
import { announce, firstContent, isUnheard } from './made'
import { register } from './open'
import { OtherTabs } from './otherTabs'
import { Patience } from './patience'
import { FOR_GOOD, TOO_BIG, problemKind } from './refusals'
import { rescueWords } from './rescue'
import { sharedSocket } from './socket'
import { calmed, saveStatus } from './status'
import { Store } from './store'
import type { Handles, Me, SessionState } from './types'
import { unsentWords } from './unsent'

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
  private readonly otherTabs: OtherTabs
  private readonly socket: ReturnType<typeof sharedSocket>
  private connected = false
  private synced = false
  private localReady = false
  private offlineSince = Date.now()
  private readonly ledger = new Ledger(this.doc, this.fragment)
  private storageProblem: string | null = null
  private refusedReason: string | null = null
  /** The role that the server gave allows no changes, and some were offered. */
  private writeRefused = false
  private readonly patience = new Patience()
  /** How the document comes to a server that has not heard of it; null for every other one. */
  private arrival: Arrival | null
  private closed = false
  private readonly show = calmed((status) => this.state.update({ status }))
  private readonly presence: OwnPresence
  private readonly unregister = register(this)

  constructor(
    readonly documentId: string,
    readonly me: Me,
    person: string,
    link: string | null,
    deadAfter?: number,
  ) {
    this.socket = sharedSocket(deadAfter)
    this.local = new LocalCopy(storeName(person, documentId), this.doc, () => this.held())
    this.presence = new OwnPresence(this.awareness, me)
    this.otherTabs = new OtherTabs(
      storeName(person, documentId),
      this.doc,
      () => this.unsendable === null && this.state.get().problem === null && this.state.get().stranded === null,
    )
    this.https = new HttpsExchange(this.doc, documentId, link, {
      // Perhaps only the server was away: the socket need not wait for its next turn.
      onLive: () => this.socket.wake(),
      onAnswer: (role, settled) => this.onHttpsAnswer(role, settled),
      onAway: () => {
        this.offlineSince = Date.now()
      },
      onDenied: (reason) => this.onDenied(reason),
      onUnsendable: (reason, detail) => this.onUnsendable(reason, detail),
      onReadOnly: () => {
        this.onRole('viewer')
        this.writeRefused = true
        this.strand()
      },
      onRefused: (reason, detail) => this.onRefused(reason, detail),
      onFailed: () => this.refresh(),
      changes: () => (this.state.get().stranded ? 0 : this.ledger.changes),
    })
    this.local.kept.subscribe(() => this.refresh())
    this.doc.on('update', this.onUpdate)
    rescueWords(this.doc, (origin) => [this.provider, this.https, this.otherTabs].includes(origin as never))
    this.provider = new FrameProvider({
      websocketProvider: this.socket,
      name: documentId,
      document: this.doc,
      awareness: this.awareness,
      token: link ?? '',
      onStatus: ({ status }) => this.onStatus(String(status)),
      onSynced: () => this.onSynced(),
      onAuthenticated: ({ scope }) => this.onRole(scope === 'read-write' ? 'editor' : 'viewer'),
      onAuthenticationFailed: ({ reason }) => this.onDenied(reason),
      onStateless: ({ payload }) => this.onMessage(payload),
      onUnsyncedChanges: () => this.onAcknowledged(),
      onClose: ({ event }) => {
        if (TOO_BIG.has(event.code) && this.ledger.changes > 0) this.onUnsendable('too-big')
        this.onStatus('disconnected')
      },
    })
    this.provider.onServerState = (clocks) => {
      this.ledger.serverState = clocks
      if (this.state.get().stranded) this.strand()
    }
    this.arrival = isUnheard(keptInfo(person, documentId))
      ? new Arrival(() => announce(person, documentId), {
          onArrived: (info) => this.onArrived(info),
          onSignedOut: () => this.onDenied('session-expired'),
          onFailed: () => this.refresh(),
        })
      : null
    void this.local.loaded.then((found) => this.onLoaded(found))
    if (this.arrival) this.arrival.start()
    else this.goLive()
    this.refresh()
  }

  /** The server knows the document: from here on it is as any other. */
  private goLive(): void {
    this.provider.attach()
    if (!this.socket.shouldConnect) void this.socket.connect()
    this.watchForBlockedSocket()
  }

  private onArrived(info: DocumentInfo): void {
    if (this.closed) return
    this.arrival = null
    this.local.keepInfo(info)
    this.state.update({ meta: { title: info.title, version: info.version } })
    this.goLive()
  }

  /** Send the session's credentials again on the same socket: after signing in over an open document. */
  reauthenticate(): void {
    this.state.update({ problem: null })
    if (this.arrival) this.arrival.start()
    else {
      this.socket.renew()
      this.watchForBlockedSocket()
    }
    this.refresh()
  }

  /** Whether the server lacks something of this tab. */
  get unsaved(): boolean {
    return this.ledger.changes > 0
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
    return this.ledger.words()
  }

  /** Gives up what is stranded, with the local copy that holds it; the page must be opened anew. */
  async discard(): Promise<void> {
    this.ledger.changes = 0
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
    this.patience.end()
    this.arrival?.stop()
    this.https.stop()
    this.otherTabs.close()
    this.presence.end()
    this.provider.destroy()
    this.awareness.destroy()
    await this.local.close()
    this.doc.destroy()
  }

  // ------------------------------------------------------------------ what happens

  private onLoaded(found: boolean): void {
    if (this.closed) return
    this.localReady = true
    const begun = this.arrival !== null && !found
    if (begun) Y.applyUpdate(this.doc, firstContent(this.documentId))
    this.ledger.load(this.local.confirmed, this.settled)
    if (this.local.seen !== null && !this.connected) this.offlineSince = this.local.seen
    const { role, readOnly, problem } = this.state.get()
    if (problem === null) {
      if (found || begun) this.state.update({ ready: true, readOnly: role === null ? !this.local.writable : readOnly })
      if (!this.relayed) this.otherTabs.ask()
      // The server may have been quicker than the disk.
      if (this.writeRefused) this.strand()
    } else if (FOR_GOOD.has(problem.detail)) this.onRefusedForGood()
    this.refresh()
  }

  private readonly onUpdate = (update: Uint8Array, origin: unknown, _: Y.Doc, transaction: Y.Transaction): void => {
    if (origin === this.local.origin) return
    if (origin === this.provider || origin === this.https) {
      this.ledger.heard(transaction)
      this.local.confirm()
      return
    }
    if (origin !== this.otherTabs && !this.relayed) this.otherTabs.send(update)
    this.ledger.wrote(transaction)
    this.patience.doubt(() => {
      if (this.ledger.changes > 0 && this.connected) this.socket.wake()
    })
    this.refresh()
  }

  /** Whether the server brings what is written here to other tabs. */
  private get relayed(): boolean {
    return (this.connected && this.synced) || this.https.live
  }

  /** Whether the server holds everything that this tab holds. */
  private get settled(): boolean {
    if (this.connected && this.synced) return this.provider.unsyncedChanges === 0
    return this.https.live && this.ledger.changes === 0
  }

  /** What the server is known to hold. */
  private held(): Y.Snapshot {
    return this.settled ? Y.snapshot(this.doc) : this.ledger.held()
  }

  private onStatus(status: string): void {
    const connected = status === 'connected'
    if (connected === this.connected) return
    this.connected = connected
    if (connected) {
      this.presence.renew()
    } else {
      // What was on screen was current when the server was last heard.
      if (this.synced) this.offlineSince = this.socket.lastMessageReceived || Date.now()
      this.synced = false
      this.otherTabs.ask()
      this.watchForBlockedSocket()
    }
    this.refresh()
  }

  private onSynced(): void {
    this.synced = true
    // A document attached to an open socket hears of no change of status.
    this.connected = true
    this.patience.stopWatching()
    this.https.stop()
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
    this.ledger.settle()
    this.state.update({ stranded: null })
    this.local.confirm()
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
    const stranded = this.ledger.stranded()
    if (stranded) this.state.update({ stranded })
  }

  private onDenied(reason: string): void {
    this.https.stop()
    this.patience.stopWatching()
    this.state.update({ readOnly: true, problem: { kind: problemKind(reason), detail: reason } })
    this.presence.forgetOthers()
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
      if (this.ledger.changes > 0) this.strand()
      else void this.discard().then(() => location.reload())
      this.refresh()
    })
  }

  private watchForBlockedSocket(): void {
    this.patience.watch(() => {
      if (this.closed || this.synced || this.unsendable || this.state.get().problem !== null) return false
      if (navigator.onLine && this.localReady && this.socket.lastMessageReceived === 0) this.https.start()
      return true
    })
  }

  private onHttpsAnswer(role: RoleName, settled: boolean): void {
    this.onRole(role === 'viewer' || role === 'commenter' || role === 'suggester' ? 'viewer' : 'editor')
    this.state.update({ ready: true })
    if (settled && !this.state.get().stranded) {
      this.onSettled()
      if (this.refusedReason) this.state.update({ refused: null })
      this.refusedReason = null
    }
    this.refresh()
  }

  // ------------------------------------------------------------------ the one status

  private refresh(): void {
    if (this.closed) return
    const kept = this.local.kept.get()
    this.state.update({ kept })
    this.show(
      saveStatus({
        stranded: this.state.get().stranded,
        closed: this.state.get().problem?.kind ?? null,
        problem: this.storageProblem ?? this.refusedReason ?? this.https.problem,
        unmade: this.arrival?.problem ?? null,
        unsendable: this.unsendable,
        settled: this.settled,
        connected: this.connected,
        synced: this.synced,
        https: this.https.live,
        localReady: this.localReady,
        changes: this.ledger.changes,
        kept: kept !== 'no',
        offlineSince: this.offlineSince,
      }),
    )
  }
}
