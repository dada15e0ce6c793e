/** The exchange over plain HTTPS, for networks that block WebSockets: state vector and update, like on the socket. */
import * as Y from 'yjs'
import { Problem, type RoleName } from '../../api/client'
import { exchange } from './exchange'
import { inPieces } from './pieces'
import { failureOf, type Failure } from './refusals'
import { takeUpdate } from './updates'

/** Pauses between two rounds: while typing, while looking on, in a hidden tab or after a failure. */
const EAGER_MS = 300
const BUSY_MS = 1000
const QUIET_MS = 4000
/** A full document is offered what it refused after a pause that doubles up to this one. */
const LONGEST_PAUSE_MS = 60_000

interface Events {
  /** The server answers again. */
  onLive: () => void
  /** A round was answered; `settled`: nothing of this browser was left out of it. */
  onAnswer: (role: RoleName, settled: boolean) => void
  /** The server answers no longer. */
  onAway: () => void
  /** A round was refused for good, for what it offered, for want of the right to write, or for the time being. */
  onDenied: (reason: string) => void
  onUnsendable: (reason: string, detail: string) => void
  onReadOnly: () => void
  onRefused: (reason: string, detail: string) => void
  /** After any of these, and when the server has trouble of its own. */
  onFailed: () => void
  /** Counts the local changes that the server has not confirmed. */
  changes: () => number
}

export class HttpsExchange {
  /** Called before others' changes are taken in. */
  beforeRemote: () => void = () => undefined
  private timer: ReturnType<typeof setTimeout> | undefined
  private serverState: Uint8Array | undefined
  private running = false
  /** Times in a row that the document had no room for what waits here, and when it is offered again. */
  private refusals = 0
  private offerAt = 0
  /** The last round was answered: changes really travel this way. */
  live = false
  /** Why the server keeps nothing that comes this way now. */
  problem: string | null = null

  constructor(
    private readonly doc: Y.Doc,
    private readonly documentId: string,
    private readonly link: string | null,
    private readonly events: Events,
  ) {
    doc.on('afterTransaction', ({ deleteSet }: Y.Transaction) => {
      if (deleteSet.clients.size > 0) this.offerSoon()
    })
  }

  start(): void {
    if (this.running) return
    this.running = true
    void this.round()
  }

  stop(): void {
    this.running = this.live = false
    this.problem = null
    this.serverState = undefined
    clearTimeout(this.timer)
  }

  private async round(): Promise<void> {
    const before = this.events.changes()
    const whole = Date.now() >= this.offerAt
    const [update = new Uint8Array(), ...later] = inPieces(this.offered(before > 0, whole))
    try {
      const answer = await exchange(this.documentId, this.link, Y.encodeStateVector(this.doc), update)
      if (!this.running) return
      this.serverState = answer.state
      this.beforeRemote()
      takeUpdate(this.doc, answer.update, this)
      if (!this.live) this.events.onLive()
      this.live = true
      this.problem = null
      if (whole && update.length > 0) this.refusals = 0
      const settled =
        whole && later.length === 0 && this.events.changes() === before && (before === 0 || update.length > 0)
      this.events.onAnswer(answer.role, settled)
      const eager = whole && this.events.changes() > 0
      this.schedule(eager ? EAGER_MS : document.visibilityState === 'visible' ? BUSY_MS : QUIET_MS)
    } catch (error) {
      if (!this.running) return
      this.failed(failureOf(error))
      if (whole && error instanceof Problem && error.body.reason === 'document-full') this.holdBack()
      if (this.running) this.schedule(QUIET_MS)
    }
  }

  private failed(failure: Failure): void {
    switch (failure.kind) {
      case 'away':
        if (this.live) this.events.onAway()
        this.stop()
        break
      case 'denied':
        this.events.onDenied(failure.reason)
        break
      case 'unsendable':
        this.events.onUnsendable(failure.reason, failure.detail)
        break
      case 'read-only':
        this.events.onReadOnly()
        break
      case 'refused':
        this.problem = failure.detail
        this.events.onRefused(failure.reason, failure.detail)
        break
      case 'trouble':
        this.problem = failure.detail
        break
    }
    this.events.onFailed()
  }

  /** What a round sends: the first one only asks, because its answer says what the server lacks. */
  private offered(changed: boolean, whole: boolean): Uint8Array {
    if (!this.serverState || !changed) return new Uint8Array()
    // Deletions are what makes room in a full document.
    return Y.encodeStateAsUpdate(this.doc, whole ? this.serverState : Y.encodeStateVector(this.doc))
  }

  /** Others' changes go on coming; what there is no room for waits, and not everybody's until the same moment. */
  private holdBack(): void {
    this.offerAt = Date.now() + jittered(Math.min(QUIET_MS * 2 ** this.refusals, LONGEST_PAUSE_MS))
    this.refusals += 1
  }

  /** Something was deleted: perhaps there is room now. */
  private offerSoon(): void {
    this.refusals = 0
    this.offerAt = Math.min(this.offerAt, Date.now() + jittered(QUIET_MS))
  }

  private schedule(delay: number): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.round(), delay)
  }
}

function jittered(pause: number): number {
  return pause * (0.5 + Math.random() / 2)
}
