/**
 * Which words of the document are looked after here: those written in this tab, and those of earlier tabs of this
 * device that no server is known to have, or that were written shortly before the tab was closed, a short while ago:
 * somebody without a network may not have seen them. Whoever opens the document first after such a tab takes them over;
 * a lock says of each writer that somebody does.
 */
import * as Y from 'yjs'
import type { Clocks } from '../ledger/unsent'
import { keepWriter, keptWriters } from '../storage/notes'

/** Later than all words of an earlier tab. */
const OWN = 2 ** 40

/** How long words are young, and after how long everybody is taken to have heard of them, in milliseconds. */
const YOUNG = 10 * 60_000
const HEARD = 60 * 60_000
/** How often it is noted which words are young. */
const PACE = 30_000

export class Authorship {
  /** Whether other tabs of this device wrote in the document. */
  readonly mayInherit: boolean
  /** Earlier tabs' clients that are looked after here, each from some clock on. */
  private readonly inherited = new Map<number, number>()
  private readonly release: () => void
  /** From which clock on something was written at a time, those of the last minutes. */
  private marks: { client: number; clock: number; at: number }[] = []
  /** The clock behind what was written last. */
  private end = 0
  private readonly closed: Promise<void>
  private readonly locks = navigator.locks as LockManager | undefined

  constructor(
    private readonly name: string,
    private readonly doc: Y.Doc,
  ) {
    let release = (): void => undefined
    this.closed = new Promise((resolve) => (release = resolve))
    this.release = release
    this.mayInherit = this.locks !== undefined && keptWriters(name).length > 0
  }

  /** Something is written here: a later tab will know by whom it was, and how much of it is young. */
  wrote(): void {
    const [client, at] = [this.doc.clientID, Date.now()]
    const last = this.marks.at(-1)
    const clock = last?.client === client ? this.end : 0
    this.end = Y.getState(this.doc.store, client)
    // Yjs takes another client where somebody else seems to write as this one.
    if (last?.client !== client) void this.hold(client)
    if (last?.client === client && last.at > at - PACE) return
    this.marks = [...this.marks.filter((mark) => mark.client === client && mark.at > at - YOUNG), { client, clock, at }]
    keepWriter(this.name, { client, since: this.marks[0]?.clock ?? 0, at })
  }

  /** Takes over what earlier tabs wrote beyond what the server is known to hold, and what was young. */
  async inherit(confirmed: Clocks): Promise<void> {
    const ends = Y.decodeStateVector(Y.encodeStateVector(this.doc))
    // What others wrote shortly before a reload may not be known to be the server's yet, and is theirs all the same.
    const taking = keptWriters(this.name).map(async ({ client, since, at }) => {
      const sent = confirmed.get(client) ?? 0
      const from = at > Date.now() - HEARD ? Math.min(since, sent) : sent
      if (client === this.doc.clientID || (ends.get(client) ?? 0) <= from) return
      if (await this.hold(client)) this.inherited.set(client, from)
    })
    await Promise.all(taking)
  }

  /** When something was written among all that is looked after here; null for everything else. */
  writtenAt({ client, clock }: Y.ID): number | null {
    if (client === this.doc.clientID) return OWN + clock
    return clock >= (this.inherited.get(client) ?? Infinity) ? clock : null
  }

  close(): void {
    this.release()
  }

  /** Resolves to whether a writer is looked after here from now on, and was not before. */
  private hold(client: number): Promise<boolean> {
    return new Promise((resolve) => {
      if (!this.locks) return resolve(false)
      const held = this.locks.request(`${this.name} ${client}`, { ifAvailable: true }, (lock) => {
        resolve(lock !== null)
        return lock ? this.closed : undefined
      })
      held.catch(() => resolve(false))
    })
  }
}
