/**
 * Words typed into a block that somebody else replaces at the same moment.
 *
 * Whoever makes a heading, a list or a quote of a paragraph, moves it or joins it to another, deletes the block in the
 * shared document and writes a copy. What the copier had not seen goes with the old block. The browser of the person
 * who typed it notices, finds the copy and writes the words into it again. Only the author's browser does so: no word
 * comes twice.
 *
 * The same for words in a cell that two people added to one row, when the one of both that holds them is taken away: they
 * go into the other.
 */
import * as Y from 'yjs'
import { namesDeleted } from '../../sync'
import { blockId } from './block'
import { intoChanged, Patience } from './changed'
import { leftBehind, moveAlong, type OrderOf } from './leftBehind'
import { missing, missingWithin, said, unseenSince, type Letter, type Lost } from './missing'
import { RESCUED } from './origin'
import { previousText } from './previousText'
import { insertion, newRuns, rotations, TELLING, type Insertion, type Run } from './runs'
import { twinOf } from './twinCell'

/**
 * Watches a document; `remote` says of a transaction's origin whether others made it, `orderOf` what was written here.
 * Returns how to stop.
 */
export function rescueWords(
  doc: Y.Doc,
  remote: (origin: unknown) => boolean,
  orderOf: OrderOf = ({ client, clock }) => (client === doc.clientID ? clock : null),
): () => void {
  /** Deleted texts whose copies may be in what has come and waits for a part that is missing. */
  const waiting = new Map<Y.XmlText, Letter[]>()
  const watch = (transaction: Y.Transaction): void => {
    if (!remote(transaction.origin)) return
    const gone = new Map(waiting)
    const deleted = deletedTexts(transaction, orderOf)
    const named = deleted.size > 0 ? namesDeleted(transaction) : null
    for (const text of deleted) gone.set(text, lettersOf(text, transaction, orderOf, named))
    const left = leftBehind(transaction, orderOf)
    waiting.clear()
    if (gone.size === 0 && left.length === 0) return
    const arrived = newRuns(transaction)
    // Yjs drops the places that it remembers of changed texts when it calls their observers.
    for (const [type] of transaction.changed) type._searchMarker?.splice(0)
    for (const tail of left) moveAlong(doc, tail, arrived)
    const copies = new Copies(gone.size > 0 ? arrived : [])
    const insertions: Insertion[] = []
    doc.transact(() => {
      for (const [text, letters] of gone) {
        const twin = twinOf(text, transaction)
        if (twin)
          twin.insert(twin.length, letters.flatMap(({ letter, mine }) => (mine === null ? [] : [letter])).join(''))
        else {
          const found = placesOf(text, letters, copies, transaction)
          if (found.length === 0 && doc.store.pendingStructs !== null) waiting.set(text, letters)
          insertions.push(...found)
        }
      }
      // From the end, so that the places before stay where they are.
      insertions.reverse().sort((one, other) => other.at - one.at)
      for (const { text: copy, at, words } of insertions) copy.insert(at, words)
    }, RESCUED)
  }
  // Before the editor hears of the change: it finds the words in their new place, and the caret behind them.
  doc.on('beforeObserverCalls', watch)
  return () => doc.off('beforeObserverCalls', watch)
}

/** Copies that are held against deleted texts by their words alone: each takes microseconds, and holds the page up. */
const MOST_COMPARED = 100_000

/** What arrived, as it may be asked for: somebody may have made headings of thousands of blocks. */
class Copies {
  private compared = 0
  readonly all: readonly Run[]
  readonly patience = new Patience()
  private readonly byBlock = new Map<unknown, Run[]>()
  private readonly byWords = new Map<string, Run>()

  constructor(readonly arrived: readonly Run[]) {
    this.all = arrived.flatMap(rotations)
    for (const run of this.all) {
      const id = blockId(run.text)
      if (id !== undefined) this.byBlock.set(id, [...(this.byBlock.get(id) ?? []), run])
      if (run.letters.length >= TELLING && !this.byWords.has(run.letters)) this.byWords.set(run.letters, run)
    }
  }

  ofBlock(id: unknown): readonly Run[] {
    return this.byBlock.get(id) ?? []
  }

  /** Those that say enough to be known as a copy, or that a text was joined to. */
  like(text: Y.XmlText, letters: readonly Letter[]): readonly Run[] {
    this.compared += this.all.length
    if (this.compared > MOST_COMPARED) return []
    const before = previousText(text)
    return this.all.filter(
      (run) =>
        (run.letters.length >= TELLING && run.letters.length * 2 >= letters.length) ||
        (run.text === before && unseenSince(letters, run.letters) !== null),
    )
  }

  /** One that says just that, if it says enough to be known. */
  saying(words: string): Run | undefined {
    return this.byWords.get(words)
  }
}

/** Where the words belong that were written here and went with a deleted text. */
function placesOf(text: Y.XmlText, letters: Letter[], copies: Copies, transaction: Y.Transaction): Insertion[] {
  const copy = copyOf(text, letters, copies, transaction)
  const isWhole = copy && lettersIn(copy[1]) + copy[0].letters.length >= letters.length
  const changed = isWhole ? [] : intoChanged(text, letters, copies.arrived, transaction, copies.patience)
  if (changed.length > 0) return changed
  const [run, lost] = copy ?? longerCopyOf(text, letters, copies, transaction) ?? []
  return run && lost ? lost.map(([at, words]) => insertion(run, at, words)) : []
}

/**
 * The copy of a deleted text, and what it lacks. A block may have several texts, with line breaks between them: the
 * copy stands in the same place among those of its block. Elsewhere it is the one that lacks least.
 */
function copyOf(
  text: Y.XmlText,
  letters: Letter[],
  copies: Copies,
  transaction: Y.Transaction,
): [Run, Lost] | undefined {
  const here = copies.ofBlock(blockId(text))
  const place = placeOf(text, (one) => lettersOf(one, transaction).length > 0)
  const across = here.filter((run) => placeOf(run.text, (one) => !one._item?.deleted && one.length > 0) === place)
  const lacking = (run: Run): Lost | null => missing(letters, run.letters)
  const found = nearest(across, lacking) ?? nearest(here, lacking)
  if (found) return found
  const same = copies.saying(said(letters))
  return same ? [same, []] : nearest(copies.like(text, letters), lacking)
}

/** The same where the copy is part of a longer text. */
function longerCopyOf(
  text: Y.XmlText,
  letters: Letter[],
  copies: Copies,
  transaction: Y.Transaction,
): [Run, Lost] | undefined {
  return (
    nearest([...copies.ofBlock(blockId(text)), ...copies.like(text, letters)], (run) =>
      missingWithin(letters, run.letters),
    ) ?? joinedCopyOf(text, letters, copies, transaction)
  )
}

/** The same of a text that was joined to the one before, where that was copied into a new block, too. */
function joinedCopyOf(
  text: Y.XmlText,
  letters: Letter[],
  copies: Copies,
  transaction: Y.Transaction,
): [Run, Lost] | undefined {
  const before = previousText(text, (item) => Y.isDeleted(transaction.deleteSet, item.id))
  if (!before) return undefined
  const start = said(lettersOf(before, transaction))
  return nearest(copies.ofBlock(blockId(before)), (run) => missingBehind(start, run, letters))
}

/** The one of these that is a copy and lacks least. */
function nearest(copies: readonly Run[], lacking: (run: Run) => Lost | null): [Run, Lost] | undefined {
  let best: [Run, Lost] | undefined
  let least = Infinity
  for (const run of copies) {
    const lost = lacking(run)
    const count = lost ? lettersIn(lost) : Infinity
    if (lost === null || count >= least) continue
    best = [run, lost]
    least = count
    if (count === 0) break
  }
  return best
}

const lettersIn = (lost: Lost): number => lost.reduce((sum, [, words]) => sum + words.length, 0)

/** What a copy lacks that begins with other words. */
function missingBehind(start: string, run: Run, letters: Letter[]): Lost | null {
  if (run.letters.length === start.length || !run.letters.startsWith(start)) return null
  const lost = missing(letters, run.letters.slice(start.length))
  return lost?.map(([at, words]) => [start.length + at, words]) ?? null
}

/** Which of the texts of its block a text is, of those that count. */
function placeOf(text: Y.XmlText, counts: (one: Y.XmlText) => boolean): number {
  let place = 0
  for (let item = text._item?.left ?? null; item !== null; item = item.left) {
    if (item.content instanceof Y.ContentType && item.content.type instanceof Y.XmlText && counts(item.content.type)) {
      place += 1
    }
  }
  return place
}

/** Texts that this transaction deleted as a whole and that held words written here. */
function deletedTexts(transaction: Y.Transaction, orderOf: OrderOf): Set<Y.XmlText> {
  const found = new Set<Y.XmlText>()
  Y.iterateDeletedStructs(transaction, transaction.deleteSet, (struct) => {
    if (!(struct instanceof Y.Item) || !(struct.content instanceof Y.ContentString)) return
    const { parent } = struct
    if (parent instanceof Y.XmlText && parent._item?.deleted && orderOf(struct.lastId) !== null) found.add(parent)
  })
  return found
}

/** What a deleted text said until this transaction; `named` tells which letters were deleted one by one. */
function lettersOf(
  text: Y.XmlText,
  transaction: Y.Transaction,
  orderOf: OrderOf = () => null,
  named: ReturnType<typeof namesDeleted> = null,
): Letter[] {
  const letters: Letter[] = []
  for (let item = text._start; item !== null; item = item.right) {
    if (!(item.content instanceof Y.ContentString) || !Y.isDeleted(transaction.deleteSet, item.id)) continue
    const { client, clock } = item.id
    item.content.str.split('').forEach((letter, at) => {
      const id = Y.createID(client, clock + at)
      const mine = orderOf(id)
      letters.push({ letter, mine, unseen: mine !== null && named !== null && !named(id) })
    })
  }
  return letters
}
