/** The exchange over plain HTTPS, for networks that block WebSockets: state vector and update, like on the socket. */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import { api, type RoleName } from '../api/client'

/** Pauses between two rounds: while typing, while looking on, in a hidden tab or after a failure. */
const EAGER = 300
const BUSY = 1000
const QUIET = 4000

interface Events {
  /** The server answers again. */
  onLive: () => void
  /** A round was answered; `settled`: nothing of this browser was left out of it. */
  onAnswer: (role: RoleName, settled: boolean) => void
  onFailed: (error: unknown) => void
  /** Counts the local changes that the server has not confirmed. */
  changes: () => number
}

export class HttpsExchange {
  private timer: ReturnType<typeof setTimeout> | undefined
  private serverState: Uint8Array | undefined
  private running = false
  /** The last round was answered: changes really travel this way. */
  live = false

  constructor(
    private readonly doc: Y.Doc,
    private readonly documentId: string,
    private readonly link: string | null,
    private readonly events: Events,
  ) {}

  get active(): boolean {
    return this.running
  }

  start(): void {
    if (this.running) return
    this.running = true
    void this.round()
  }

  stop(): void {
    this.running = this.live = false
    this.serverState = undefined
    clearTimeout(this.timer)
  }

  private async round(): Promise<void> {
    const before = this.events.changes()
    // The first round only asks: the answer says what to send.
    const update = this.serverState && before > 0 ? Y.encodeStateAsUpdate(this.doc, this.serverState) : new Uint8Array()
    const encoder = encoding.createEncoder()
    encoding.writeVarUint8Array(encoder, Y.encodeStateVector(this.doc))
    encoding.writeVarUint8Array(encoder, update)
    try {
      const answer = await api.exchange(this.documentId, encoding.toUint8Array(encoder) as never, this.link)
      if (!this.running) return
      const decoder = decoding.createDecoder(answer.body)
      this.serverState = decoding.readVarUint8Array(decoder)
      Y.applyUpdate(this.doc, decoding.readVarUint8Array(decoder), this)
      if (!this.live) this.events.onLive()
      this.live = true
      const settled = this.events.changes() === before && (before === 0 || update.length > 0)
      this.events.onAnswer(answer.role, settled)
      this.schedule(this.events.changes() > 0 ? EAGER : document.visibilityState === 'visible' ? BUSY : QUIET)
    } catch (error) {
      if (!this.running) return
      this.events.onFailed(error)
      if (this.running) this.schedule(QUIET)
    }
  }

  private schedule(delay: number): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.round(), delay)
  }
}
