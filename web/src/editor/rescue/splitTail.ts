/** Words typed into the end of a block that somebody else takes elsewhere at the same moment, by a split. */
import * as Y from 'yjs'
import type { InsertedRun } from './insertedRuns'
import { comparable, TELLING, type WrittenAt } from './letters'
import { around, locateLetters, type Place } from './locate'
import { RESCUED } from './origin'
import { previousText, previousWords } from './previousText'

/** The end of a text that others took away, and what was written in it here, which they had not seen. */
interface SplitTail {
  taken: string
  /** How many of the taken letters stand before these words, where they are now, and what they say. */
  words: { behind: number; at: number; letters: string }[]
}

/** Texts that others took the end of, without what was written in it here. */
export function textsCutShort(transaction: Y.Transaction, writtenAt: WrittenAt): Y.XmlText[] {
  const texts = new Set<Y.XmlText>()
  Y.iterateDeletedStructs(transaction, transaction.deleteSet, (struct) => {
    if (!(struct instanceof Y.Item) || !(struct.content instanceof Y.ContentString)) return
    const { parent } = struct
    if (parent instanceof Y.XmlText && !parent._item?.deleted) texts.add(parent)
  })
  return [...texts].filter((text) => tailOf(text, transaction, writtenAt).words.length > 0)
}

function tailOf(text: Y.XmlText, transaction: Y.Transaction, writtenAt: WrittenAt): SplitTail {
  const tail: SplitTail = { taken: '', words: [] }
  let index = 0
  for (let item = text._start; item !== null; item = item.right) {
    if (item.content instanceof Y.ContentString) {
      const { str } = item.content
      if (item.deleted) tail.taken += Y.isDeleted(transaction.deleteSet, item.id) ? str : ''
      else if (tail.taken !== '' && writtenAt(item.id) !== null) {
        tail.words.push({ behind: tail.taken.length, at: index, letters: str })
      } else if (tail.words.length === 0) {
        // "abc" without its "bc" may be told as "abc" without its "ab", where what follows is an "a".
        for (const letter of str) {
          if (!tail.taken.startsWith(letter)) break
          tail.taken = tail.taken.slice(letter.length) + letter
        }
      }
    }
    if (!item.deleted && item.countable) index += item.length
  }
  return tail
}

function sameStart(one: string, other: string): number {
  const [mine, theirs] = [comparable(one), comparable(other)]
  let length = 0
  while (length < Math.min(mine.length, theirs.length) && mine[length] === theirs[length]) length += 1
  return length
}

/** What of some pieces stands in a row from a place on. */
function standingAt({ text, at }: Place, runs: readonly InsertedRun[]): string {
  const run = runs.find((one) => one.text === text && one.places.includes(at))
  const from = run?.places.indexOf(at) ?? 0
  return [...(run?.letters ?? '').slice(from)].filter((_, index) => run?.places[from + index] === at + index).join('')
}

/**
 * Writes words that were left behind where the letters around them are: the end of a text went there without what was
 * written in it here. Says whether there were any.
 */
export function followTail(
  doc: Y.Doc,
  text: Y.XmlText,
  arrived: readonly InsertedRun[],
  transaction: Y.Transaction,
  writtenAt: WrittenAt,
): boolean {
  const { taken, words } = tailOf(text, transaction, writtenAt)
  if (words.length === 0) return false
  const previous = previousText(text)
  for (const run of arrived) {
    // What is cut or dragged into a block that is made with a key leaves the rest where it was.
    const isSplit = run.made > 0 && run.text !== text && previousWords(run.text) === text
    const isUndone =
      previous === run.text && (run.letters === taken || taken.length >= TELLING) && isBroughtBack(run, transaction)
    const isElsewhere = run.text === text && words.length === 1 && taken.length >= TELLING
    if (!isSplit && !isUndone && !isElsewhere) continue
    const runs = around(run, arrived, taken.length).filter((one) => one.text === run.text || one.text !== text)
    const now = locateLetters(taken, runs)
    // What was erased before the place of a split is in no copy.
    const start = now.findIndex((place) => place !== undefined)
    const moved = words.filter(({ behind }) => behind > start)
    const first = now[start]
    if (start < 0 || moved.length === 0) continue
    if (isSplit && first && first.at !== run.written.places[0]) continue
    const there = now.filter((place) => place).length
    const length = taken.length - start
    const least = run.text === text ? taken.length : Math.min(length, Math.max(TELLING, length / 2))
    if (there < least) continue
    // From the end, so that the places before stay where they are.
    for (const word of moved.reverse()) {
      // What was cut and pasted elsewhere in the text leaves the rest where it is.
      if (run.text === text && word.behind === taken.length) continue
      const before = now.slice(0, word.behind).findLast((place) => place)
      const next = now.slice(word.behind).find((place) => place)
      const to = before ? { text: before.text, at: before.at + 1 } : (next ?? { text: run.text, at: 0 })
      // An undo or redo may have brought a copy of some already; as that they would go with its next turn.
      const again = word.behind === taken.length ? sameStart(standingAt(to, runs), word.letters) : 0
      const shift = to.text === text && word.at < to.at ? word.letters.length : 0
      doc.transact(() => {
        to.text.delete(to.at, again)
        text.delete(word.at, word.letters.length)
      })
      doc.transact(() => to.text.insert(to.at - shift, word.letters), RESCUED)
    }
    return true
  }
  return false
}

/** Whether letters stand where just as many had been deleted before, as those that an undo brings back. */
function isBroughtBack({ text, letters, places }: InsertedRun, { deleteSet }: Y.Transaction): boolean {
  let end = 0
  for (let item = text._start; item !== null; item = item.right) {
    if (!item.deleted && item.countable) end += item.length
    if (end <= (places.at(-1) ?? 0)) continue
    const next = item.right
    return next !== null && next.deleted && next.length === letters.length && !Y.isDeleted(deleteSet, next.id)
  }
  return false
}
