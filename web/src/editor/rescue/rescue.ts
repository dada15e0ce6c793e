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
import { RESCUED } from './origin'
import { newRuns, rotations, TELLING, type Run } from './runs'
import { twinOf } from './twinCell'

interface Letter {
  letter: string
  /** Of a letter written here, how many were written here before it; null for others' letters. */
  mine: number | null
}

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
    const copies = gone.size > 0 ? arrived.flatMap(rotations) : []
    doc.transact(() => {
      for (const text of gone) {
        const letters = lettersOf(text, transaction)
        const twin = twinOf(text, transaction)
        if (twin)
          twin.insert(twin.length, letters.flatMap(({ letter, mine }) => (mine === null ? [] : [letter])).join(''))
        else writeIntoCopy(text, letters, copies)
      }
    }, RESCUED)
  }
  // Before the editor hears of the change: it finds the words in their new place, and the caret behind them.
  doc.on('beforeObserverCalls', watch)
  return () => doc.off('beforeObserverCalls', watch)
}

/** Writes what a copy of a deleted text lacks of the words written here into it. */
function writeIntoCopy(text: Y.XmlText, letters: Letter[], copies: Run[]): void {
  const before = textBefore(text)
  for (const run of copies) {
    const sameBlock = blockId(text) !== undefined && blockId(text) === blockId(run.text)
    const joined = run.text === before && unseenSince(letters, run.letters) !== null
    const short = run.letters.length < TELLING || run.letters.length * 2 < letters.length
    if (short && !sameBlock && !joined) continue
    const lost = missing(letters, run.letters)
    if (lost === null) continue
    // From the end, so that the places before stay where they are.
    for (const [at, words] of lost.reverse()) {
      const before = run.places[at - 1]
      run.text.insert(before === undefined ? (run.places[0] ?? 0) : before + 1, words)
    }
    return
  }
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

/**
 * The words written here that a copy lacks, each with its place in the copy. Null when it is no copy: when it says
 * something that the text did not, or lacks nothing.
 */
function missing(letters: Letter[], copy: string): [number, string][] | null {
  const lost: [number, string][] = []
  const unseen = unseenSince(letters, copy)
  let at = 0
  let open = false
  for (const { letter, mine } of letters) {
    if (copy[at] === letter && !(mine !== null && unseen !== null && mine >= unseen)) {
      at += 1
      open = false
    } else if (mine !== null) {
      const last = lost.at(-1)
      if (open && last) last[1] += letter
      else lost.push([at, letter])
      open = true
    }
  }
  return at === copy.length && lost.length > 0 ? lost : null
}

/** The copier had seen what was written here up to some letter: which that is, if the copy has all of the others'. */
function unseenSince(letters: Letter[], copy: string): number | null {
  const mine = letters.flatMap((one) => (one.mine === null ? [] : [one.mine])).sort((a, b) => a - b)
  const since = mine[copy.length - (letters.length - mine.length)]
  if (since === undefined) return null
  const seen = letters.filter((one) => one.mine === null || one.mine < since)
  return seen.map(({ letter }) => letter).join('') === copy ? since : null
}

/** The text right before that of a block, whatever blocks stand around either. */
function textBefore(text: Y.XmlText): Y.XmlText | null {
  for (let block = text.parent; block instanceof Y.XmlElement; block = block.parent) {
    for (let item = block._item?.left ?? null; item !== null; item = item.left) {
      if (!item.deleted && item.content instanceof Y.ContentType) return lastText(item.content.type)
    }
  }
  return null
}

function lastText(type: unknown): Y.XmlText | null {
  if (type instanceof Y.XmlText) return type
  return type instanceof Y.XmlElement ? lastText(type.toArray().at(-1)) : null
}
