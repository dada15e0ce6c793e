/** What the server is known to hold of a document, and how much this tab has beyond it. */
import * as Y from 'yjs'
import { advance, changesIn, countUnsent, raise, unsentWords, type Clocks } from './unsent'

export class Ledger {
  /** Characters and marks that the server has not confirmed. */
  changes = 0
  private readonly known: Clocks = new Map()
  /** What the server said to hold when the connection was made. */
  serverState: Clocks = new Map()

  constructor(
    private readonly doc: Y.Doc,
    private readonly fragment: Y.XmlFragment,
  ) {}

  /** The local copy is read: `confirmed` is what the server held of it. */
  load(confirmed: Y.Snapshot, settled: boolean): void {
    raise(this.known, confirmed.sv)
    if (!settled) this.changes = countUnsent(this.doc, confirmed)
  }

  /** A transaction came from the server. */
  heard(transaction: Y.Transaction): void {
    advance(this.known, transaction)
  }

  /** A transaction was made here. */
  wrote(transaction: Y.Transaction): void {
    this.changes += changesIn(transaction)
  }

  /** The server holds everything. */
  settle(): void {
    this.changes = 0
    for (const [client, clock] of Y.decodeStateVector(Y.encodeStateVector(this.doc))) this.known.set(client, clock)
  }

  /** All but what is on its way; deletions are known only when everything is. */
  held(): Y.Snapshot {
    return Y.createSnapshot(Y.createDeleteSet(), new Map(this.known))
  }

  /** The words that no server has confirmed. */
  words(): string {
    return unsentWords(this.fragment, this.known)
  }

  /** What cannot be sent any more, null when there is nothing. */
  stranded(): { words: string; changes: number } | null {
    // What came shortly before a reload is not yet noted as known.
    raise(this.known, this.serverState)
    return this.changes > 0 ? { words: this.words(), changes: this.changes } : null
  }
}
