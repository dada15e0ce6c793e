/** What others write, taken in once a frame: a document is painted once a frame, however many people write in it. */
import { HocuspocusProvider, type HocuspocusProviderConfiguration } from '@hocuspocus/provider'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { messageYjsSyncStep1, messageYjsSyncStep2, messageYjsUpdate } from 'y-protocols/sync'
import * as Y from 'yjs'
import type { Clocks } from '../ledger/unsent'
import { inPieces } from './pieces'
import { noteUpdate } from './updates'

const SYNC = 0
const AWARENESS = 1
/** A tab that paints no frames (hidden, or covered in some browsers) takes changes in by this clock. */
const WITHOUT_FRAMES_MS = 250
/** Others' changes get one part in so many of the time: in a long document a change costs milliseconds. */
const SHARE = 6
/** The same while one types: a key seldom meets them. */
const SHARE_TYPING = 30
/** How long after a key one is taken to type on. */
const TYPING_MS = 1000
/** A key of one's own has this long for itself. */
const OWN_KEY_MS = 12
/** Neither of both delays others' changes by more than this. */
const LONGEST_WAIT_MS = 300
/** While a word is composed, the end of it is looked for this often. */
const HELD_MS = 30
/** Longest time that a word under composition holds others' changes back. */
const LONGEST_HOLD_MS = 10_000

/** How often each document was opened in this tab. */
const openings = new Map<string, number>()

export class FrameProvider extends HocuspocusProvider {
  /** Whether the editor cannot take changes now, because an input method is composing a word. */
  held: () => boolean = () => false
  /** Called before others' changes are taken in. */
  beforeRemote: () => void = () => undefined
  /** Told how much of each client's changes the server holds, in every handshake. */
  onServerState: (clocks: Clocks) => void = () => undefined
  /** Messages, those that ask for what the server lacks with the state vector of what it has. */
  private waiting: { event: MessageEvent; state: Uint8Array | null }[] = []
  /** Whether the server was told on this connection what it lacked. */
  private answered = false
  private since = 0
  private notBefore = 0
  private lastOwn = 0
  private frame = 0
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(configuration: HocuspocusProviderConfiguration) {
    const before = openings.get(configuration.name) ?? 0
    openings.set(configuration.name, before + 1)
    // Under an address of its own: what the server still confirms of the opening before is not taken for a receipt.
    // The first ones of all tabs share theirs, so that the server builds one frame for them.
    super({ ...configuration, sessionAwareness: before > 0 })
    this.sessionId = String(before)
  }

  override onMessage(event: MessageEvent): void {
    if (!isContent(event)) {
      super.onMessage(event)
      return
    }
    const state = stateVectorIn(event)
    if (state) {
      this.onServerState(Y.decodeStateVector(state))
      // The answer changes nothing here: what one wrote need not wait for the end of a word.
      if (this.held()) return this.take(event, state)
    }
    if (this.waiting.length === 0) this.since = performance.now()
    this.waiting.push({ event, state })
    this.schedule()
  }

  /**
   * What is written before the server has asked is part of the answer. Sent ahead of it, it could stand on what the
   * server lacks: Yjs takes the deletions in it at once, and others would see a block vanish until its copy comes.
   */
  override documentUpdateHandler(update: Uint8Array, origin: unknown): void {
    if (origin !== this) this.lastOwn = performance.now()
    if (this.answered) super.documentUpdateHandler(update, origin)
  }

  /** Messages keep their order and become one transaction, so that others' cursors fit the text they stand in. */
  takeIn(): void {
    this.unschedule()
    this.beforeRemote()
    const began = performance.now()
    try {
      Y.transact(
        this.document,
        (transaction) => {
          for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
            const update = updateIn(next.event)
            if (update) noteUpdate(transaction, update)
            this.take(next.event, next.state)
          }
        },
        this,
        false,
      )
    } finally {
      const ended = performance.now()
      const share = ended - this.lastOwn < TYPING_MS ? SHARE_TYPING : SHARE
      this.notBefore = ended + (ended - began) * (share - 1)
      if (this.waiting.length > 0) this.schedule()
    }
  }

  /**
   * Of much that the server lacks, all but the last piece goes ahead of the answer to its question. From who may only
   * read it takes the answer alone, and judges whether it has all of it.
   */
  private take(event: MessageEvent, state: Uint8Array | null): void {
    const pieces =
      state && this.authorizedScope !== 'readonly' ? inPieces(Y.encodeStateAsUpdate(this.document, state)) : []
    for (const piece of pieces.slice(0, -1)) super.documentUpdateHandler(piece, null)
    super.onMessage(pieces.length > 1 ? asking(event, Y.encodeStateVector(this.document)) : event)
    if (state) this.answered = true
  }

  override onClose(): void {
    // What was still said on the old socket belongs before its end.
    if (this.waiting.length > 0) this.takeIn()
    this.answered = false
    super.onClose()
  }

  override destroy(): void {
    this.unschedule()
    this.waiting = []
    super.destroy()
  }

  private readonly due = (): void => {
    if (this.wait() > 0) this.again()
    else this.takeIn()
  }

  /** How long, in ms, others' changes have to wait yet. */
  private wait(): number {
    const now = performance.now()
    if (this.held()) return Math.min(HELD_MS, this.since + LONGEST_HOLD_MS - now)
    return Math.min(Math.max(this.notBefore, this.lastOwn + OWN_KEY_MS), this.since + LONGEST_WAIT_MS) - now
  }

  private schedule(): void {
    if (this.timer !== undefined) return
    const wait = this.wait()
    // A frame in which nothing changes costs as much as others: none is asked for before there is something to draw.
    if (wait > 0) this.timer = setTimeout(this.again, wait)
    else {
      this.frame = requestAnimationFrame(this.due)
      this.timer = setTimeout(this.due, WITHOUT_FRAMES_MS)
    }
  }

  private readonly again = (): void => {
    this.unschedule()
    this.schedule()
  }

  private unschedule(): void {
    cancelAnimationFrame(this.frame)
    clearTimeout(this.timer)
    this.timer = undefined
  }
}

/** Whether a message carries text or cursors; all others (roles, receipts, notices) act at once. */
function isContent(event: MessageEvent): boolean {
  const decoder = decoding.createDecoder(new Uint8Array(event.data as ArrayBuffer))
  decoding.readVarString(decoder)
  const type = decoding.readVarUint(decoder)
  return type === SYNC || type === AWARENESS
}

/** The state vector in the first step of the handshake; null in any other message. */
const stateVectorIn = (event: MessageEvent) => bytesIn(event, [messageYjsSyncStep1])

/** The update in a message; null in one that carries none. */
const updateIn = (event: MessageEvent) => bytesIn(event, [messageYjsSyncStep2, messageYjsUpdate])

function bytesIn(event: MessageEvent, steps: number[]): Uint8Array | null {
  const decoder = decoding.createDecoder(new Uint8Array(event.data as ArrayBuffer))
  decoding.readVarString(decoder)
  if (decoding.readVarUint(decoder) !== SYNC || !steps.includes(decoding.readVarUint(decoder))) return null
  return decoding.readVarUint8Array(decoder)
}

/** The first step of the handshake as it would be from a server that holds so much. */
function asking(event: MessageEvent, state: Uint8Array): MessageEvent {
  const decoder = decoding.createDecoder(new Uint8Array(event.data as ArrayBuffer))
  const encoder = encoding.createEncoder()
  encoding.writeVarString(encoder, decoding.readVarString(decoder))
  encoding.writeVarUint(encoder, SYNC)
  encoding.writeVarUint(encoder, messageYjsSyncStep1)
  encoding.writeVarUint8Array(encoder, state)
  return new MessageEvent('message', { data: encoding.toUint8Array(encoder).slice().buffer })
}
