/** One WebSocket for all documents of this tab: connects again for ever, and notices dead links by itself. */
import { HocuspocusProviderWebsocket, WebSocketStatus, type onCloseParameters } from '@hocuspocus/provider'
import { CONNECTED } from '../../browser/events'
import schema from '../../editor/schema/schema.json'
import { TRY_LATER } from './refusals'
import { tab } from './tab'

/** A new socket on which nothing is said for this long is given up, and the next one is tried. */
const FIRST_WORD_TIMEOUT_MS = 15_000
/** A link that may have died (sleep, another network) has this long to answer a ping. */
const PONG_TIMEOUT_MS = 5000
const PING = new Uint8Array([9])
/** Between two attempts, more or less by half: at first, and at most where a server answers and turns everybody away. */
const [PAUSE_MS, LONGEST_PAUSE_MS] = [1000, 20_000]

/** Everyone misses a dead server in the same moment: they do not come back in one. */
const some = (pause: number): number => Math.round(pause * (0.5 + Math.random()))

class TabSocket extends HocuspocusProviderWebsocket {
  private patience: ReturnType<typeof setTimeout> | undefined
  /** Counts what was heard, and when the last of it was: a clock of the device may be set back. */
  private heard = 0
  private heardAt = 0
  /** How often a document was turned away since one was opened. */
  private refusals = 0

  /** Gives the connection up at once: without a network its close handshake would end only after a long timeout. */
  drop(): void {
    this.disconnect()
    if (this.webSocket) this.giveUp('dropped')
  }

  /** How long a document that was turned away waits until it asks again: longer and longer until one is opened. */
  longerPause(): number {
    this.refusals += 1
    return some(Math.min(PAUSE_MS * 2 ** this.refusals, LONGEST_PAUSE_MS))
  }

  /** The server opened a document. */
  letIn(): void {
    this.refusals = 0
  }

  /** Opens a new connection now, whatever the old one is doing. */
  renew(): void {
    this.drop()
    void this.connect()
  }

  /** The link may have died unnoticed: connect if there is none, else ask for an answer. */
  wake(): void {
    const asked = this.webSocket
    if (this.status !== WebSocketStatus.Connected || !asked) {
      if (this.configuration.providerMap.size > 0) this.renew()
      return
    }
    if (asked.readyState !== WebSocket.OPEN) return
    const { heard } = this
    asked.send(PING)
    setTimeout(() => {
      if (this.webSocket === asked && this.heard === heard) this.renew()
    }, PONG_TIMEOUT_MS)
  }

  /**
   * Nothing is queued while there is no connection: the handshake offers everything, and a queue sent after it would
   * be acknowledged in its place.
   */
  override send(message: Uint8Array<ArrayBuffer>): void {
    if (this.webSocket?.readyState === WebSocket.OPEN) this.webSocket.send(message)
  }

  override onMessage(event: MessageEvent<ArrayBuffer>): void {
    this.heard += 1
    this.heardAt = performance.now()
    // The answer to a ping is one byte without an address.
    if (event.data.byteLength === 1 && new Uint8Array(event.data)[0] !== PING[0]) this.lastMessageReceived = Date.now()
    else super.onMessage(event)
  }

  override checkConnection(): void {
    if (this.status !== WebSocketStatus.Connected || !this.lastMessageReceived) return
    // In a device that sleeps only the one goes on, where the time is set back only the other.
    const silence = Math.max(Date.now() - this.lastMessageReceived, performance.now() - this.heardAt)
    if (silence > this.configuration.messageReconnectTimeout) this.renew()
  }

  override createWebSocketConnection(): Promise<unknown> {
    clearTimeout(this.patience)
    this.patience = setTimeout(() => {
      if (this.connectionAttempt) this.giveUp('no answer')
    }, FIRST_WORD_TIMEOUT_MS)
    return super.createWebSocketConnection()
  }

  override onClose(close: onCloseParameters): void {
    // Without an open document there is nothing to connect for.
    if (this.configuration.providerMap.size === 0) this.shouldConnect = false
    this.configuration.delay = close.event.code === TRY_LATER ? this.longerPause() : some(PAUSE_MS)
    super.onClose(close)
  }

  private giveUp(reason: string): void {
    this.emit('close', { event: { code: 1006, reason } })
  }
}

let socket: TabSocket | null = null

/** The tab's socket; silence of `deadAfter` seconds means that the link is dead (the session says how long). */
export function sharedSocket(deadAfter = 25): TabSocket {
  if (socket) return socket
  const base = location.origin.replace(/^http/, 'ws')
  const created = new TabSocket({
    url: `${base}/collab?schema=${schema.version}&tab=${tab}`,
    autoConnect: false,
    messageReconnectTimeout: deadAfter * 1000,
    delay: some(PAUSE_MS),
    // Not above the delay, or no attempt is ever made.
    minDelay: PAUSE_MS / 2,
    maxDelay: 15_000,
  })
  socket = created
  created.on('connect', () => window.dispatchEvent(new Event(CONNECTED)))
  // A browser that says "offline" is believed at once, but not for ever: attempts go on.
  window.addEventListener('offline', () => created.renew())
  const wake = () => created.wake()
  window.addEventListener('online', wake)
  window.addEventListener('pageshow', wake)
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') wake()
  })
  // From Wi-Fi to mobile data the old socket dies without a word.
  const network = (navigator as Navigator & { connection?: EventTarget }).connection
  network?.addEventListener('change', wake)
  return created
}
