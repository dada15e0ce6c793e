/** What the server does not take of what was written here, and what becomes of it: nothing is thrown away unseen. */
import type { Ledger } from '../ledger/ledger'
import type { Observable } from '../observable'
import { inWords } from './reasons'
import type { SessionState } from './state'

/** What was written here waits for what others have yet to write: after a crash they mostly do within two seconds. */
const WAITS_FOR_OTHERS = 'client-taken'
/** How long it may wait before anybody is told, in milliseconds: until then it is being saved. */
const OTHERS_MAY_TAKE_MS = 10_000

interface Events {
  /** What was refused may be taken now. */
  onOfferAgain: () => void
  /** Nothing that waits here will be taken. */
  onHopeless: () => void
  /** The copy holds what nobody can store: it has to be loaded anew. */
  onSpoilt: () => void
  /** The status may be another now. */
  onTold: () => void
}

export class Refused {
  /** Why what waits here is not offered any more. */
  unsendable: { reason: string; detail: string } | null = null
  /** Why the server can store nothing now. */
  storageProblem: string | null = null
  /** Whether that was said before the present connection. */
  private fromBefore = false
  /** Why it did not take the last update that it refused. */
  private reason: string | null = null
  /** The role that the server gave allows no changes, and some were offered. */
  private writing = false
  private waiting: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly state: Observable<SessionState>,
    private readonly ledger: Ledger,
    private readonly events: Events,
  ) {}

  /** Why the server does not take something now. */
  get problem(): string | null {
    return this.storageProblem ?? this.reason
  }

  get stranded(): boolean {
    return this.state.get().stranded !== null
  }

  /** What the server says of its storage. */
  onStorage(problem: string | null): void {
    this.storageProblem = problem && inWords(problem)
    this.fromBefore = false
  }

  /** A new connection: what still holds of the old one is said again. */
  onConnected(): void {
    this.fromBefore = true
    this.stopWaiting()
  }

  /** The document is open at the server, which has said by then whether it can store. */
  onSynced(): void {
    if (this.fromBefore) this.storageProblem = null
  }

  /** One update was refused. */
  onRefused(reason: string, detail: string): void {
    if (reason === WAITS_FOR_OTHERS) {
      this.waiting ??= setTimeout(() => this.tell(reason, detail), OTHERS_MAY_TAKE_MS)
      return
    }
    this.reason = detail
    if (reason === 'read-only') this.onWriting()
    else if (reason === 'unstorable') {
      // Perhaps of somebody else: nothing that is written on it would be stored.
      this.onUnsendable(reason, detail)
      this.state.update({ readOnly: true })
      this.events.onSpoilt()
    } else this.tell(reason, detail)
  }

  private tell(reason: string, words: string): void {
    const detail = inWords(words, reason)
    this.reason = detail
    this.state.update({ refused: { reason, detail } })
    this.events.onTold()
  }

  /** Something was offered that this person may not write. */
  onWriting(): void {
    this.writing = true
    this.strand()
  }

  /** What waits here is too big for one message, or no update: offered again, it would only be refused again. */
  onUnsendable(reason: string, detail: string): void {
    this.unsendable = { reason, detail }
    this.events.onHopeless()
    this.state.update({ refused: this.unsendable })
  }

  /** How much room the document has. */
  onSize(size: SessionState['size']): void {
    // There is room again for what was refused.
    if (this.reason && this.state.get().size === 'full' && size !== 'full') this.offerAgain()
    this.state.update({ size })
  }

  /** The role allows changes. */
  onWritable(): void {
    this.writing = false
    if (!this.stranded) return
    this.state.update({ stranded: null })
    this.offerAgain()
  }

  /** The local copy is read: the server may have been quicker than the disk. */
  onLoaded(): void {
    if (this.writing) this.strand()
  }

  /** The server tells anew what it holds. */
  onServerState(): void {
    if (this.stranded) this.strand()
  }

  /** The server holds everything. */
  onSettled(): void {
    this.stopWaiting()
    if (this.reason !== null) this.state.update({ refused: null })
    this.reason = null
    this.state.update({ stranded: null })
  }

  /** The document is closed. */
  close(): void {
    this.stopWaiting()
  }

  private stopWaiting(): void {
    clearTimeout(this.waiting)
    this.waiting = undefined
  }

  /** Says which changes cannot be sent any more. */
  strand(): void {
    const stranded = this.ledger.stranded()
    if (stranded) this.state.update({ stranded })
  }

  private offerAgain(): void {
    this.reason = null
    this.state.update({ refused: null })
    this.events.onOfferAgain()
  }
}
