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
import { blockId } from './blockId'
import { leftBehind, moveAlong } from './leftBehind'
import { missing, missingWithin, said, unseenSince, type Letter, type Lost } from './missing'
import { RESCUED } from './origin'
import { newRuns, rotations, TELLING, type Run } from './runs'
import { twinOf } from './twinCell'

/** Watches a document; `remote` says of a transaction's origin whether others made it. Returns how to stop. */
export function rescueWords(doc: Y.Doc, remote: (origin: unknown) => boolean): () => void {
  const watch = (transaction: Y.Transaction): void => {
    if (!remote(transaction.origin)) return
    const gone = deletedTexts(transaction)
    const left = leftBehind(transaction)
    if (gone.size === 0 && left.length === 0) return
    const arrived = newRuns(transaction)
    // Yjs drops the places that it remembers of changed texts when it calls their observers.
    for (const [type] of transaction.changed) type._searchMarker?.splice(0)
    for (const tail of left) moveAlong(doc, tail, arrived)
    let copies = gone.size > 0 ? arrived.flatMap(rotations) : []
    doc.transact(() => {
      for (const text of gone) {
        const letters = lettersOf(text, transaction)
        const twin = twinOf(text, transaction)
        if (twin)
          twin.insert(twin.length, letters.flatMap(({ letter, mine }) => (mine === null ? [] : [letter])).join(''))
        // A text may hold the copies of several.
        else if (writeIntoCopy(text, letters, copies, transaction)) copies = newRuns(transaction).flatMap(rotations)
      }
    }, RESCUED)
  }
  // Before the editor hears of the change: it finds the words in their new place, and the caret behind them.
  doc.on('beforeObserverCalls', watch)
  return () => doc.off('beforeObserverCalls', watch)
}

/** Writes what the copy of a deleted text lacks of the words written here into it; returns whether it lacked any. */
function writeIntoCopy(text: Y.XmlText, letters: Letter[], copies: Run[], transaction: Y.Transaction): boolean {
  const [run, lost = []] = copyOf(text, letters, copies, transaction) ?? []
  // From the end, so that the places before stay where they are.
  for (const [at, words] of lost.reverse()) {
    const before = run?.places[at - 1]
    run?.text.insert(before === undefined ? (run.places[0] ?? 0) : before + 1, words)
  }
  return lost.length > 0
}

/**
 * The copy of a deleted text, and what it lacks. A block may have several texts, with line breaks between them: the
 * copy stands in the same place among those of its block. Elsewhere it is the one that lacks least.
 */
function copyOf(
  text: Y.XmlText,
  letters: Letter[],
  copies: Run[],
  transaction: Y.Transaction,
): [Run, Lost] | undefined {
  const id = blockId(text)
  const here = id === undefined ? [] : copies.filter((run) => blockId(run.text) === id)
  const place = placeOf(text, (one) => lettersOf(one, transaction).length > 0)
  const across = here.filter((run) => placeOf(run.text, (one) => !one._item?.deleted && one.length > 0) === place)
  const before = textBefore(text)
  const known = copies.filter(
    (run) =>
      (run.letters.length >= TELLING && run.letters.length * 2 >= letters.length) ||
      (run.text === before && unseenSince(letters, run.letters) !== null),
  )
  const whole = (run: Run): Lost | null => missing(letters, run.letters)
  const part = (run: Run): Lost | null => missingWithin(letters, run.letters)
  return (
    nearest(across, whole) ??
    nearest(here, whole) ??
    nearest(known, whole) ??
    nearest([...here, ...known], part) ??
    nearest(copies, (run) => missingBehind(text, run, letters, transaction))
  )
}

/** The one of these that is a copy and lacks least. */
function nearest(copies: Run[], lacking: (run: Run) => Lost | null): [Run, Lost] | undefined {
  let best: [Run, Lost] | undefined
  let least = Infinity
  for (const run of copies) {
    const lost = lacking(run)
    const count = lost?.reduce((sum, [, words]) => sum + words.length, 0) ?? Infinity
    if (lost === null || count >= least) continue
    best = [run, lost]
    least = count
    if (count === 0) break
  }
  return best
}

/** What a copy lacks of a text that was joined to the one before, where that was copied into a new block, too. */
function missingBehind(text: Y.XmlText, run: Run, letters: Letter[], transaction: Y.Transaction): Lost | null {
  const before = textBefore(text, (item) => Y.isDeleted(transaction.deleteSet, item.id))
  if (!before || blockId(before) === undefined || blockId(before) !== blockId(run.text)) return null
  const start = said(lettersOf(before, transaction))
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
function deletedTexts(transaction: Y.Transaction): Set<Y.XmlText> {
  const found = new Set<Y.XmlText>()
  const own = transaction.doc.clientID
  if (!transaction.deleteSet.clients.has(own)) return found
  Y.iterateDeletedStructs(transaction, transaction.deleteSet, (struct) => {
    if (!(struct instanceof Y.Item) || struct.id.client !== own || !(struct.content instanceof Y.ContentString)) return
    const { parent } = struct
    if (parent instanceof Y.XmlText && parent._item?.deleted) found.add(parent)
  })
  return found
}

/** What a deleted text said until this transaction. */
function lettersOf(text: Y.XmlText, transaction: Y.Transaction): Letter[] {
  const letters: Letter[] = []
  for (let item = text._start; item !== null; item = item.right) {
    if (!(item.content instanceof Y.ContentString) || !Y.isDeleted(transaction.deleteSet, item.id)) continue
    const { client, clock } = item.id
    const own = client === transaction.doc.clientID
    item.content.str.split('').forEach((letter, at) => letters.push({ letter, mine: own ? clock + at : null }))
  }
  return letters
}

const isThere = (item: Y.Item): boolean => !item.deleted

/** The text right before that of a block, whatever blocks stand around either; `counts` says which items are looked at. */
function textBefore(text: Y.XmlText, counts = isThere): Y.XmlText | null {
  for (let block = text.parent; block instanceof Y.XmlElement; block = block.parent) {
    for (let item = block._item?.left ?? null; item !== null; item = item.left) {
      if (counts(item) && item.content instanceof Y.ContentType) return lastText(item.content.type, counts)
    }
  }
  return null
}

function lastText(type: unknown, counts: (item: Y.Item) => boolean): Y.XmlText | null {
  if (type instanceof Y.XmlText) return type
  if (!(type instanceof Y.XmlElement)) return null
  let last = null
  for (let item = type._start; item !== null; item = item.right) if (counts(item)) last = item
  return last?.content instanceof Y.ContentType ? lastText(last.content.type, counts) : null
}
