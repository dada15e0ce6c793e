/** Watches a document for words that somebody else's change of a block would take away, and writes them again. */
import * as Y from 'yjs'
import { namesDeleted } from '../../sync'
import { Candidates } from './candidates'
import { apply, insertAfter, type Change } from './changes'
import { deletedTexts, knownTo, left, ownWords, wasEmpty, type DeletedText } from './deletedText'
import { restoreInEditedCopy } from './editedCopy'
import { restoreEmptiedBlock } from './emptiedBlock'
import { missingAtEnd, missingIn } from './exactCopy'
import { insertedRuns, type InsertedRun } from './insertedRuns'
import { joinInterleavedWords } from './interleaving'
import { forgetPlaces } from './items'
import { countOf, said, type Letter, type Missing, type WrittenAt } from './letters'
import { RESCUED } from './origin'
import { RecentDeletions } from './recentDeletions'
import { followTail, textsCutShort } from './splitTail'
import { twinOf } from './twinCell'

/** How long the copy of a deleted text may take, in milliseconds: somebody cuts and pastes, or sends deletions ahead. */
const COPY_MAY_TAKE_MS = 30_000
/** Deleted texts that a copy is waited for, the latest: each is held against all that comes. */
const MOST_AWAITED = 100

interface Loss {
  deleted: DeletedText
  /** The same as those knew it whose copies may have come. */
  known: DeletedText
  /** Until when its copy may come. */
  until: number
}

/**
 * Watches a document; `remote` says of a transaction's origin whether others made it, `writtenAt` what was written here.
 * Returns how to stop.
 */
export function rescueWords(
  doc: Y.Doc,
  remote: (origin: unknown) => boolean,
  writtenAt: WrittenAt = ({ client, clock }) => (client === doc.clientID ? clock : null),
): () => void {
  /** Texts whose copies may come yet. */
  let awaited: Loss[] = []
  const deletions = new RecentDeletions(writtenAt)
  const watch = (transaction: Y.Transaction): void => {
    if (!remote(transaction.origin)) {
      deletions.note(transaction)
      return
    }
    for (const [type] of transaction.changed) forgetPlaces(type)
    joinInterleavedWords(doc, transaction, writtenAt)
    const now = performance.now()
    // Whoever made a copy that comes later may have known more than who deleted the text.
    const named = awaited.length > 0 ? namesDeleted(transaction) : null
    const fresh = deletedTexts(transaction, writtenAt, deletions)
    const losses = [
      ...awaited.map((one) => ({ ...one, known: knownTo(one.deleted, named) })),
      ...fresh.map((deleted) => ({ deleted, known: deleted, until: now + COPY_MAY_TAKE_MS })),
    ]
    const cutShort = textsCutShort(transaction, writtenAt)
    awaited = []
    if (losses.length === 0 && cutShort.length === 0) return
    let arrived = insertedRuns(transaction)
    for (const text of cutShort) {
      if (followTail(doc, text, arrived, transaction, writtenAt)) arrived = insertedRuns(transaction)
    }
    const candidates = new Candidates(losses.length > 0 ? arrived : [], transaction)
    // Comparing has a limit: first those that need little of it.
    const isKnown = ({ deleted }: Loss): boolean => candidates.successor(deleted.blockId) !== null
    const changes: Change[] = []
    doc.transact(() => {
      for (const one of [...losses.filter(isKnown), ...losses.filter((one) => !isKnown(one))]) {
        const found = restore(one, candidates, transaction)
        if (found) changes.push(...found)
        else if (one.until > now || waits(doc)) awaited.push(one)
      }
      apply(changes)
    }, RESCUED)
    awaited = awaited.slice(-MOST_AWAITED)
  }
  const watchSafely = (transaction: Y.Transaction): void => {
    try {
      watch(transaction)
    } catch (fault) {
      // It is heard of like any other, and the document goes on without: the words stay where they were.
      setTimeout(() => {
        throw fault
      })
    }
  }
  // Before the editor hears of the change: it finds the words in their new place, and the caret behind them.
  doc.on('beforeObserverCalls', watchSafely)
  return () => doc.off('beforeObserverCalls', watchSafely)
}

/** Whether something has come that waits for a part that is missing. */
const waits = (doc: Y.Doc): boolean => doc.store.pendingStructs !== null

/** What a deleted text comes to; null where its copy may come yet. */
function restore({ deleted, known }: Loss, candidates: Candidates, transaction: Y.Transaction): Change[] | null {
  const twin = twinOf(deleted.text, transaction)
  if (twin) {
    twin.insert(twin.length, ownWords(deleted))
    return []
  }
  const isTold = deleted.letters.some(({ unseen, erased }) => unseen && !erased)
  const changes = changesFor(known, isTold, candidates)
  if (!changes?.length && waits(transaction.doc)) return null
  if (changes) return changes
  if (wasEmpty(deleted)) restoreEmptiedBlock(deleted.text, said(left(deleted.letters)))
  else if (isTold) return null
  return []
}

/**
 * What brings the words that were written here and went with a deleted text where they belong; null if no copy came.
 * Where it was told which of them nobody had seen, something that lacks more is like a part of the text by chance.
 */
function changesFor(deleted: DeletedText, isTold: boolean, candidates: Candidates): Change[] | null {
  const letters = left(deleted.letters)
  const copy = copyOf(deleted, letters, candidates)
  const isWhole = copy !== undefined && explainsLoss(copy, letters)
  const changes = isWhole ? null : restoreInEditedCopy(deleted, candidates)
  if (changes) return changes
  const found =
    (isTold && !isWhole ? undefined : copy) ??
    nearest(candidates.resembling(deleted.text, letters), (one) => missingAtEnd(one.letters, letters))
  return found ? found.missing.map(({ at, words }) => insertAfter(found.run, at, words)) : null
}

interface Copy {
  run: InsertedRun
  missing: Missing[]
}

/**
 * Whether a copy was made of the text as its maker knew it: what it lacks is what nobody had seen. One that lacks others'
 * letters, or more than those, is a part of the text.
 */
function explainsLoss({ run, missing }: Copy, letters: readonly Letter[]): boolean {
  const lacks = countOf(missing)
  return lacks + run.letters.length >= letters.length && lacks <= letters.filter(({ unseen }) => unseen).length
}

/**
 * The copy of a deleted text, and what it lacks. A block may have several texts, with line breaks between them: the
 * copy stands in the same place among those of its block. Elsewhere it is the one that lacks least.
 */
function copyOf(deleted: DeletedText, letters: readonly Letter[], candidates: Candidates): Copy | undefined {
  const here = candidates.inBlock(deleted.blockId)
  const across = here.filter((run) => candidates.lineOf(run) === deleted.line)
  const missing = (run: InsertedRun): Missing[] | null => missingIn(run.letters, letters)
  const found = nearest(across, missing) ?? nearest(here, missing) ?? nearest(partsBehind(deleted, candidates), missing)
  if (found) return found
  const same = candidates.saying(said(letters))
  return same ? { run: same, missing: [] } : nearest(candidates.resembling(deleted.text, letters), missing)
}

/** What follows the block before in the copies of that, if both were joined and copied into a new block. */
function partsBehind({ before }: DeletedText, candidates: Candidates): InsertedRun[] {
  if (!before) return []
  const { length } = before.words
  return candidates.inBlock(before.blockId).flatMap((run) => {
    if (run.letters.length === length || !run.letters.startsWith(before.words)) return []
    return [{ ...run, letters: run.letters.slice(length), places: run.places.slice(length) }]
  })
}

/** The one of these that is a copy and lacks least. */
function nearest(
  candidates: readonly InsertedRun[],
  missingOf: (run: InsertedRun) => Missing[] | null,
): Copy | undefined {
  let best: Copy | undefined
  let least = Infinity
  for (const run of candidates) {
    const missing = missingOf(run)
    const count = missing ? countOf(missing) : Infinity
    if (missing === null || count >= least) continue
    best = { run, missing }
    least = count
    if (count === 0) break
  }
  return best
}
