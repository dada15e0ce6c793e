/**
 * Which words of the document are looked after here: those written in this tab, and those of earlier tabs of this
 * device that no server is known to have. Whoever opens the document first after such a tab takes them over; a lock says
 * of each writer that somebody does.
 */
import * as Y from 'yjs'
import type { Clocks } from '../ledger/unsent'
import { keepWriter, keptWriters } from '../storage/notes'

/** Later than all words of an earlier tab. */
const OWN = 2 ** 40

export class Authorship {
  /** Earlier tabs' clients that are looked after here, each from some clock on. */
  private readonly inherited = new Map<number, number>()
  private readonly release: () => void
  private noted: number | undefined
  private readonly closed: Promise<void>
  private readonly locks = navigator.locks as LockManager | undefined

  constructor(
    private readonly name: string,
    private readonly doc: Y.Doc,
  ) {
    let release = (): void => undefined
    this.closed = new Promise((resolve) => (release = resolve))
    this.release = release
    this.hold(doc.clientID, () => undefined)
  }

  /** Something is written here: a later tab will know by whom it was. */
  wrote(): void {
    if (this.noted === this.doc.clientID) return
    this.noted = this.doc.clientID
    keepWriter(this.name, this.noted)
  }

  /** Takes over what earlier tabs wrote beyond what the server is known to hold. */
  inherit(confirmed: Clocks): void {
    const ends = Y.decodeStateVector(Y.encodeStateVector(this.doc))
    // What others wrote shortly before a reload may not be known to be the server's yet, and is theirs all the same.
    for (const client of keptWriters(this.name)) {
      const since = confirmed.get(client) ?? 0
      if (client === this.doc.clientID || (ends.get(client) ?? 0) <= since) continue
      this.hold(client, () => {
        if (!this.inherited.has(client)) this.inherited.set(client, since)
      })
    }
  }

  /** When something was written among all that is looked after here; null for everything else. */
  orderOf({ client, clock }: Y.ID): number | null {
    if (client === this.doc.clientID) return OWN + clock
    return clock >= (this.inherited.get(client) ?? Infinity) ? clock : null
  }

  close(): void {
    this.release()
  }

  private hold(client: number, then: () => void): void {
    void this.locks
      ?.request(`${this.name} ${client}`, { ifAvailable: true }, (lock) => {
        if (!lock) return
        then()
        return this.closed
      })
      .catch(() => undefined)
  }
}
