/** What was erased here a short while ago: others may have copied it before they heard of that. */
import * as Y from 'yjs'

/** How long a copy may be under way, in milliseconds. Letters that were erased earlier are no news to anybody. */
const UNDER_WAY = 60_000

interface Piece {
  at: number
  id: Y.ID
  letters: string
}

/** Letters that were written in a row, each with its id. */
export function spelled({ client, clock }: Y.ID, letters: string): { id: Y.ID; letter: string }[] {
  return letters.split('').map((letter, at) => ({ id: Y.createID(client, clock + at), letter }))
}

export class Erased {
  private lately: Piece[] = []

  /** Remembers what a transaction of this browser erased, before Yjs forgets what it said. */
  note(transaction: Y.Transaction): void {
    const at = performance.now()
    const erased: Piece[] = []
    Y.iterateDeletedStructs(transaction, transaction.deleteSet, (struct) => {
      if (!(struct instanceof Y.Item) || !(struct.content instanceof Y.ContentString)) return
      erased.push({ at, id: struct.id, letters: struct.content.str })
    })
    if (erased.length > 0) this.lately = [...this.known(), ...erased]
  }

  /** The letters of an item that is deleted, as far as they were erased here lately. */
  in({ id, length }: Y.Item): { id: Y.ID; letter: string }[] {
    const pieces = this.known().filter(
      (one) =>
        one.id.client === id.client && one.id.clock < id.clock + length && id.clock < one.id.clock + one.letters.length,
    )
    return pieces
      .sort((one, other) => one.id.clock - other.id.clock)
      .flatMap((piece) => spelled(piece.id, piece.letters))
      .filter((one) => one.id.clock >= id.clock && one.id.clock < id.clock + length)
  }

  private known(): Piece[] {
    return this.lately.filter(({ at }) => at > performance.now() - UNDER_WAY)
  }
}
