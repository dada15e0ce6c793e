/** The exchange over plain HTTPS, for networks that block WebSockets: state vector and update, like on the socket. */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import { api } from '../api/client'

const BUSY = 1000
const QUIET = 4000

export class HttpsExchange {
  private timer: ReturnType<typeof setTimeout> | undefined
  private serverState: Uint8Array | undefined
  private running = false

  constructor(
    private readonly doc: Y.Doc,
    private readonly documentId: string,
    private readonly link: string | null,
    /** Called with the number of local changes that are durable now. */
    private readonly onSaved: () => void,
    private readonly onFailed: (error: unknown) => void,
    private readonly changes: () => number,
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
    this.running = false
    clearTimeout(this.timer)
  }

  private async round(): Promise<void> {
    const before = this.changes()
    try {
      const encoder = encoding.createEncoder()
      encoding.writeVarUint8Array(encoder, Y.encodeStateVector(this.doc))
      const dirty = this.serverState === undefined || before > 0
      encoding.writeVarUint8Array(
        encoder,
        this.serverState && dirty ? Y.encodeStateAsUpdate(this.doc, this.serverState) : new Uint8Array(),
      )
      const answer = await api.exchange(this.documentId, encoding.toUint8Array(encoder) as never, this.link)
      if (!this.running) return
      const decoder = decoding.createDecoder(answer)
      const first = this.serverState === undefined
      this.serverState = decoding.readVarUint8Array(decoder)
      Y.applyUpdate(this.doc, decoding.readVarUint8Array(decoder), this)
      if (!first && this.changes() === before) this.onSaved()
      this.schedule(first || this.changes() > 0 ? 0 : document.visibilityState === 'visible' ? BUSY : QUIET)
    } catch (error) {
      if (!this.running) return
      this.onFailed(error)
      this.schedule(QUIET)
    }
  }

  private schedule(delay: number): void {
    this.timer = setTimeout(() => void this.round(), delay)
  }
}
