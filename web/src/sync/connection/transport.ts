/** How changes travel between this tab and the server: on the socket, or over HTTPS where sockets are blocked. */
import { WebSocketStatus } from '@hocuspocus/provider'
import type { Awareness } from 'y-protocols/awareness'
import type * as Y from 'yjs'
import type { RoleName } from '../../api/client'
import type { Ledger } from '../ledger/ledger'
import type { Clocks } from '../ledger/unsent'
import { FrameProvider } from './frames'
import { HttpsExchange } from './https'
import { Patience } from './patience'
import { TOO_BIG, TRY_LATER } from './refusals'
import { sharedSocket } from './socket'

interface Events {
  onConnected: () => void
  /** The first exchange on the socket is done. */
  onSynced: () => void
  onDisconnected: () => void
  /** How much of each client's changes the server holds, and what it acknowledges later. */
  onServerState: (clocks: Clocks) => void
  onAcknowledged: () => void
  /** A round over HTTPS was answered; `settled`: nothing of this tab was left out of it. */
  onAnswer: (role: RoleName, settled: boolean) => void
  onRole: (role: 'editor' | 'viewer') => void
  onMessage: (payload: string) => void
  onDenied: (reason: string) => void
  onUnsendable: (reason: string, detail: string) => void
  onReadOnly: () => void
  onRefused: (reason: string, detail: string) => void
  /** After any of these that changes what is known of the connection. */
  onChange: () => void
  /** Counts the changes that are offered and not confirmed. */
  offered: () => number
  /** Whether the document is to be had from the server at all, and whether the local copy is read. */
  wanted: () => boolean
  localReady: () => boolean
}

interface Address {
  documentId: string
  link: string | null
  /** Seconds of silence after which the link is dead. */
  deadAfter: number | undefined
}

export class Transport {
  /** The socket is open; the first exchange on it is done. */
  connected = false
  synced = false
  /** The server was reached last, and could not open the document. */
  turnedAway = false
  /** Since when the server has not been heard. */
  offlineSince = Date.now()
  private readonly socket: ReturnType<typeof sharedSocket>
  private readonly provider: FrameProvider
  private readonly https: HttpsExchange
  private readonly patience = new Patience()
  private again: ReturnType<typeof setTimeout> | undefined

  constructor(
    { documentId, link, deadAfter }: Address,
    doc: Y.Doc,
    awareness: Awareness,
    private readonly ledger: Ledger,
    private readonly events: Events,
  ) {
    this.socket = sharedSocket(deadAfter)
    this.https = new HttpsExchange(doc, documentId, link, {
      // Perhaps only the server was away: the socket need not wait for its next turn.
      onLive: () => this.socket.wake(),
      onAnswer: events.onAnswer,
      onAway: () => {
        this.offlineSince = Date.now()
      },
      onDenied: events.onDenied,
      onUnsendable: events.onUnsendable,
      onReadOnly: events.onReadOnly,
      onRefused: events.onRefused,
      onFailed: events.onChange,
      changes: events.offered,
    })
    this.provider = new FrameProvider({
      websocketProvider: this.socket,
      name: documentId,
      document: doc,
      awareness,
      token: link ?? '',
      onStatus: ({ status }) => this.onStatus(String(status) === 'connected'),
      onSynced: () => this.onSynced(),
      onAuthenticated: ({ scope }) => events.onRole(scope === 'read-write' ? 'editor' : 'viewer'),
      onAuthenticationFailed: ({ reason }) => events.onDenied(reason),
      onStateless: ({ payload }) => events.onMessage(payload),
      onUnsyncedChanges: () => events.onAcknowledged(),
      onClose: ({ event }) => {
        if (TOO_BIG.has(event.code) && ledger.changes > 0) events.onUnsendable('too-big', '')
        // While the socket is open the server closed this document alone: nothing else would ask for it again.
        const alone = this.socket.status === WebSocketStatus.Connected
        clearTimeout(this.again)
        if (alone) this.again = setTimeout(() => this.askAgain(), this.socket.longerPause())
        this.turnedAway = alone || event.code === TRY_LATER
        this.onStatus(false)
        events.onChange()
      },
    })
    this.provider.onServerState = events.onServerState
  }

  /** Opens the tab's socket. Nothing is asked on it before `start`. */
  connect(): void {
    if (!this.socket.shouldConnect) void this.socket.connect()
  }

  start(): void {
    // Of a socket that is open nobody tells that it opened.
    if (this.socket.status === WebSocketStatus.Connected) this.onStatus(true)
    this.provider.attach()
    this.connect()
    this.watchForBlockedSocket()
  }

  /** A new handshake: it sends the credentials of the session again, and offers everything. */
  renew(): void {
    this.socket.renew()
    this.watchForBlockedSocket()
  }

  /** HTTPS is neither used any more nor looked at as the way out. */
  stopHttps(): void {
    this.https.stop()
    this.patience.stopWatching()
  }

  /** The socket has nothing more to do for this document. */
  detach(): void {
    clearTimeout(this.again)
    this.provider.detach()
    this.socket.disconnect()
    this.https.stop()
  }

  destroy(): void {
    clearTimeout(this.again)
    this.patience.end()
    this.https.stop()
    this.provider.destroy()
  }

  /** Something was written here: a link that does not acknowledge it soon is looked at. */
  wrote(): void {
    this.patience.doubt(() => {
      if (this.ledger.changes > 0 && this.connected) this.socket.wake()
    })
  }

  /** Others' changes wait while `held` says so, for a while; `before` is called just before they are taken in. */
  onRemote(held: () => boolean, before: () => void): void {
    this.provider.held = held
    this.provider.beforeRemote = this.https.beforeRemote = before
  }

  /** Whether a transaction of this origin came from the server. */
  brought(origin: unknown): boolean {
    return origin === this.provider || origin === this.https
  }

  /** Changes travel over HTTPS. */
  get overHttps(): boolean {
    return this.https.live
  }

  /** Why the server keeps nothing that comes over HTTPS now. */
  get problem(): string | null {
    return this.https.problem
  }

  /** Whether the server brings what is written here to other tabs. */
  get relays(): boolean {
    return (this.connected && this.synced) || this.https.live
  }

  /** Whether the server holds everything that this tab holds. */
  get settled(): boolean {
    if (this.connected && this.synced) return this.provider.unsyncedChanges === 0
    return this.https.live && this.ledger.changes === 0
  }

  private askAgain(): void {
    this.provider.detach()
    this.start()
  }

  private onStatus(connected: boolean): void {
    if (connected === this.connected) return
    this.connected = connected
    if (connected) {
      this.events.onConnected()
    } else {
      // What was on screen was current when the server was last heard.
      if (this.synced) this.offlineSince = this.socket.lastMessageReceived || Date.now()
      this.synced = false
      this.events.onDisconnected()
      this.watchForBlockedSocket()
    }
    this.events.onChange()
  }

  private onSynced(): void {
    // What waited to be taken in when the connection ended is not the exchange on the next one.
    if (!this.connected) return
    this.synced = true
    this.turnedAway = false
    this.socket.letIn()
    this.stopHttps()
    this.events.onSynced()
  }

  private watchForBlockedSocket(): void {
    this.patience.watch(() => {
      if (this.synced || !this.events.wanted()) return false
      if (navigator.onLine && this.events.localReady() && this.socket.lastMessageReceived === 0) this.https.start()
      return true
    })
  }
}
