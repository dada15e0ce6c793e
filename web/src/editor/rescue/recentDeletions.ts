/** What was written here and erased a short while ago: others may have copied it before they heard of that. */
import * as Y from 'yjs'
import { spelled, type WrittenAt } from './letters'

/** How long a copy may be under way, in milliseconds. Letters that were erased earlier are no news to anybody. */
const UNDER_WAY = 60_000

interface Piece {
  erasedAt: number
  id: Y.ID
  letters: string
  next: Y.ID
}

interface Erased {
  id: Y.ID
  letter: string
  /** What was written next in this browser: whoever has it, or anything later, knows that the letter is gone. */
  next: Y.ID
}

export class RecentDeletions {
  private byClient = new Map<number, Piece[]>()

  constructor(private readonly writtenAt: WrittenAt = () => null) {}

  /** Remembers what a transaction of this browser erased, also to move it elsewhere, before Yjs forgets what it said. */
  note(transaction: Y.Transaction): void {
    const now = performance.now()
    const { doc, beforeState } = transaction
    const next = Y.createID(doc.clientID, beforeState.get(doc.clientID) ?? 0)
    const noted = new Set<number>()
    Y.iterateDeletedStructs(transaction, transaction.deleteSet, (struct) => {
      if (!(struct instanceof Y.Item) || !(struct.content instanceof Y.ContentString)) return
      if (this.writtenAt(struct.id) === null) return
      const { client } = struct.id
      const pieces = this.byClient.get(client) ?? []
      const known = noted.has(client) ? pieces : pieces.filter(({ erasedAt }) => erasedAt > now - UNDER_WAY)
      noted.add(client)
      known.push({ erasedAt: now, id: struct.id, letters: struct.content.str, next })
      this.byClient.set(client, known)
    })
  }

  /** The letters of an item that is deleted, as far as they were erased here lately. */
  within({ id, length }: Y.Item): Erased[] {
    const since = performance.now() - UNDER_WAY
    const pieces = (this.byClient.get(id.client) ?? []).filter(
      (one) => one.erasedAt > since && one.id.clock < id.clock + length && id.clock < one.id.clock + one.letters.length,
    )
    return pieces
      .sort((one, other) => one.id.clock - other.id.clock)
      .flatMap(({ id: first, letters, next }) => spelled(first, letters).map((one) => ({ ...one, next })))
      .filter((one) => one.id.clock >= id.clock && one.id.clock < id.clock + length)
  }
}
