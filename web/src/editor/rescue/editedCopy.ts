/**
 * What became of a deleted block when that is no mere copy, because whoever made it went on writing in it or split it.
 */
import * as Y from 'yjs'
import { align } from './align'
import { textIn } from './block'
import type { Candidates } from './candidates'
import type { Change } from './changes'
import type { DeletedText } from './deletedText'
import type { InsertedRun } from './insertedRuns'
import { endOfWord, isInWord } from './interleaving'
import { said, TELLING, type Letter } from './letters'
import { around, locateLetters, type Place } from './locate'
import { previousWords } from './previousText'

/** Letters that two texts must have in common, where no id tells that the one became the other. */
const MUCH = 12

const END: Letter = { letter: '', writtenAt: null, unseen: false, erased: false }

/**
 * Where the words of a deleted text belong that whoever made the changed copy had not seen: what is left of the text
 * tells where they stood, and which of them were known. Null when nothing came of it.
 */
export function restoreInEditedCopy(deleted: DeletedText, candidates: Candidates): Change[] | null {
  const { text, letters } = deleted
  // Nobody had what was written and erased again before they heard of it.
  const known = letters.filter(({ unseen }) => !unseen)
  // Others' letters had been seen, one's own perhaps.
  const doubt = (at: number): number => Number(known[at]?.writtenAt !== null) + Number(known[at]?.erased)
  const words = said(known)
  const successor = candidates.successor(deleted.blockId)
  const made = successor
    ? (candidates.arrived.find((run) => run.text.parent === successor) ??
      candidates.arrived.find((run) => run.author === successor._item?.id.client))
    : mostAlike(text, words, candidates)
  if (!successor && !made) return null
  // What was split off stands behind, and somebody else may have done that.
  const runs = made ? around(made, candidates.arrived, words.length) : []
  const isCompared = candidates.mayCompare(words, runs.map(({ written }) => written.letters).join(''))
  const now = isCompared ? locateLetters(words, runs, doubt) : []
  const behind = (at: Place | null | undefined, by: number): Place =>
    at ? { text: at.text, at: at.at + by } : { text: textIn(successor as Y.XmlElement), at: 0 }
  const placeOf = (before: number, words: string): Place => {
    const last = now.findLast((place, at) => at < before && place)
    const next = now.find((place, at) => at >= before && place)
    if (last) {
      const place = behind(last, 1)
      // Others may have written the rest of a word there.
      const end = isInWord(words.charAt(0)) ? place.at : endOfWord(place.text, place.at)
      return next?.text === place.text && end > next.at ? place : { text: place.text, at: end }
    }
    if (next) return behind(next, 0)
    // Of what stands near it only others' letters may be left.
    const end = made?.places.at(-1)
    return behind(made && end !== undefined ? { text: made.text, at: end } : null, 1)
  }
  const ages = known.flatMap(({ writtenAt }, at) =>
    writtenAt === null ? [] : [{ writtenAt, isLeft: now[at] !== undefined }],
  )
  const seen = isCompared && runs.length > 0 ? seenUntil(ages) : Infinity
  const found: Change[] = []
  let before = 0
  let lost = ''
  let isNew = false
  for (const { letter, writtenAt, unseen, erased } of [...letters, END]) {
    if (erased) {
      const place = unseen ? null : now[before]
      if (place) found.push({ ...place, words: '', erase: true })
    } else if (unseen || (writtenAt !== null && writtenAt >= seen)) {
      lost += letter
      isNew ||= unseen
    } else if (lost !== '') {
      // What may have been seen is no news where somebody has put it elsewhere; a few letters are anywhere by chance.
      // Equal letters on both sides of the words may be told as theirs: the place is that behind them.
      const said = lost.trim()
      if (isNew || said.length < TELLING || !candidates.contain(said))
        found.push({ ...placeOf(before, lost), words: lost })
      lost = ''
      isNew = false
    }
    if (!unseen) before += 1
  }
  return found
}

/**
 * The letter that was written here first of those that a copy was made without. Some that are the same may be in it by
 * chance, and some that it had may be gone: what counts is which the most are.
 */
function seenUntil(letters: { writtenAt: number; isLeft: boolean }[]): number {
  let [until, most, sum] = [0, 0, 0]
  for (const { writtenAt, isLeft } of letters.toSorted((one, other) => one.writtenAt - other.writtenAt)) {
    sum += isLeft ? 1 : -1
    if (sum > most) [until, most] = [writtenAt + 1, sum]
  }
  return until
}

/** The piece that has most of a text, if it has much of it; rather the one before, which it may be joined to. */
function mostAlike(text: Y.XmlText, words: string, candidates: Candidates): InsertedRun | undefined {
  if (words === '') return undefined
  const before = previousWords(text)
  const parts = new Set(Array.from({ length: words.length - TELLING + 1 }, (_, at) => words.slice(at, at + TELLING)))
  let best: { run: InsertedRun; same: number; isJoined: boolean } | undefined
  for (const run of candidates.arrived) {
    const { letters } = run.written
    if (run.text !== before && !hasOneOf(letters, parts)) continue
    if (!candidates.mayCompare(words, letters)) break
    const same = align(words, letters).places.filter((at) => at !== null).length
    // Whoever joined them may have known little of what others wrote; a few letters are anywhere by chance.
    const isHalf = same * 2 >= words.length && same >= Math.min(words.length, TELLING)
    const isJoined = run.text === before && (isHalf || same >= MUCH)
    if (!isJoined && (same < MUCH || same * 2 < Math.min(words.length, run.letters.length))) continue
    if (best && (best.isJoined === isJoined ? same < best.same : best.isJoined)) continue
    best = { run, same, isJoined }
  }
  return best?.run
}

/** Whether a text has one of some parts, each of TELLING letters. */
function hasOneOf(text: string, parts: ReadonlySet<string>): boolean {
  for (let at = 0; at + TELLING <= text.length; at += 1) if (parts.has(text.slice(at, at + TELLING))) return true
  return false
}
