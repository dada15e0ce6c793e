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
import { intoChanged } from './changed'
import { Copies } from './copies'
import { bringBack } from './emptyBlock'
import { Erased, spelled } from './erased'
import { moveAlong, shortened, type OrderOf } from './leftBehind'
import { missing, missingAtEnd, said, type Letter, type Lost } from './missing'
import { RESCUED } from './origin'
import { previousText } from './previousText'
import { keepWordsWhole } from './wholeWords'
import { insertion, make, newRuns, type Change, type Run } from './runs'
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
  const erased = new Erased()
  const watch = (transaction: Y.Transaction): void => {
    if (!remote(transaction.origin)) {
      erased.note(transaction)
      return
    }
    // Yjs drops the places that it remembers of changed texts when it calls their observers.
    for (const [type] of transaction.changed) type._searchMarker?.splice(0)
    keepWordsWhole(doc, transaction, orderOf)
    const gone = new Map(waiting)
    const deleted = deletedTexts(transaction, orderOf, erased)
    const named = deleted.size > 0 ? namesDeleted(transaction) : null
    for (const text of deleted) gone.set(text, lettersOf(text, transaction, orderOf, named, erased))
    const left = shortened(transaction, orderOf)
    waiting.clear()
    if (gone.size === 0 && left.length === 0) return
    let arrived = newRuns(transaction)
    for (const text of left) if (moveAlong(doc, text, arrived, transaction, orderOf)) arrived = newRuns(transaction)
    const copies = new Copies(gone.size > 0 ? arrived : [])
    const changes: Change[] = []
    doc.transact(() => {
      for (const [text, letters] of gone) {
        const twin = twinOf(text, transaction)
        if (twin) twin.insert(twin.length, said(letters.filter(({ mine, erased }) => mine !== null && !erased)))
        else {
          const found = changesFor(text, letters, copies, transaction)
          if (found.length === 0 && doc.store.pendingStructs !== null) waiting.set(text, letters)
          else if (found.length === 0 && wasEmpty(letters))
            bringBack(text, said(letters.filter(({ erased }) => !erased)))
          changes.push(...found)
        }
      }
      make(changes)
    }, RESCUED)
  }
  // Before the editor hears of the change: it finds the words in their new place, and the caret behind them.
  doc.on('beforeObserverCalls', watch)
  return () => doc.off('beforeObserverCalls', watch)
}

/** Whether nobody who took a text away had any of its letters, and some are left. */
const wasEmpty = (letters: readonly Letter[]): boolean =>
  letters.every(({ unseen, erased }) => unseen || erased) && letters.some(({ erased }) => !erased)

/** What brings the words that were written here and went with a deleted text where they belong. */
function changesFor(text: Y.XmlText, written: Letter[], copies: Copies, transaction: Y.Transaction): Change[] {
  const letters = written.filter(({ erased }) => !erased)
  const copied = copyOf(text, letters, copies, transaction)
  const lacks = copied ? lettersIn(copied[1]) : Infinity
  // A part of the text is no copy that was made before the rest was written, if the rest had been seen.
  const isWhole =
    copied &&
    lacks + copied[0].letters.length >= letters.length &&
    lacks <= letters.filter(({ unseen }) => unseen).length
  const changed = isWhole ? null : intoChanged(text, written, copies, transaction)
  if (changed) return changed
  const [run, lost] = copied ?? nearest(copies.like(text, letters), (one) => missingAtEnd(letters, one.letters)) ?? []
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
  const place = placeOf(text, (one) => Boolean(said(lettersOf(one, transaction))))
  const across = here.filter((run) => placeOf(run.text, (one) => !one._item?.deleted && one.length > 0) === place)
  const lacking = (run: Run): Lost | null => missing(letters, run.letters)
  const found =
    nearest(across, lacking) ?? nearest(here, lacking) ?? nearest(partsBehind(text, copies, transaction), lacking)
  if (found) return found
  const same = copies.saying(said(letters))
  return same ? [same, []] : nearest(copies.like(text, letters), lacking)
}

/** What follows the text before in the copies of that, if both were joined and copied into a new block. */
function partsBehind(text: Y.XmlText, copies: Copies, transaction: Y.Transaction): Run[] {
  const wasThere = ({ id, deleted }: Y.Item): boolean =>
    deleted ? Y.isDeleted(transaction.deleteSet, id) : id.clock < (transaction.beforeState.get(id.client) ?? 0)
  const before = previousText(text, wasThere)
  if (!before || blockId(before) === blockId(text)) return []
  const start = said(lettersOf(before, transaction))
  // It is still there: whatever was written into it is no copy of this one.
  if (start === '') return []
  return copies.ofBlock(blockId(before)).flatMap((run) => {
    if (run.letters.length === start.length || !run.letters.startsWith(start)) return []
    return [{ ...run, letters: run.letters.slice(start.length), places: run.places.slice(start.length) }]
  })
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

/** Texts that this transaction deleted as a whole and that held words written here, or did lately. */
function deletedTexts(transaction: Y.Transaction, orderOf: OrderOf, erased: Erased): Set<Y.XmlText> {
  const found = new Set<Y.XmlText>()
  Y.iterateDeletedStructs(transaction, transaction.deleteSet, (struct) => {
    if (!(struct instanceof Y.Item)) return
    const { content, parent } = struct
    if (content instanceof Y.ContentType && content.type instanceof Y.XmlText) {
      for (let item = content.type._start; item; item = item.right) {
        if (!Y.isDeleted(transaction.deleteSet, item.id) && erased.in(item).length > 0) found.add(content.type)
      }
    }
    if (!(content instanceof Y.ContentString)) return
    if (parent instanceof Y.XmlText && parent._item?.deleted && orderOf(struct.lastId) !== null) found.add(parent)
  })
  return found
}

/**
 * What a deleted text said until this transaction, with what had been written here and erased in it lately; `named` tells which
 * letters were deleted one by one.
 */
function lettersOf(
  text: Y.XmlText,
  transaction: Y.Transaction,
  orderOf: OrderOf = () => null,
  named: ReturnType<typeof namesDeleted> = null,
  lately = new Erased(),
): Letter[] {
  const letters: Letter[] = []
  for (let item = text._start; item !== null; item = item.right) {
    if (item.id.clock >= (transaction.beforeState.get(item.id.client) ?? 0)) continue
    const erased = !Y.isDeleted(transaction.deleteSet, item.id)
    const there = item.content instanceof Y.ContentString ? item.content.str : ''
    for (const { id, letter } of erased ? lately.in(item) : spelled(item.id, there)) {
      const mine = orderOf(id)
      if (erased && mine === null) continue
      letters.push({ letter, mine, unseen: mine !== null && named !== null && !named(id), erased })
    }
  }
  return letters
}
