/**
 * What became of a deleted block when that is no mere copy, because whoever made it went on writing in it or split it.
 */
import * as Y from 'yjs'
import { align } from './align'
import { blockId, idOf, textIn } from './block'
import type { Copies } from './copies'
import { said, type Letter } from './missing'
import { previousText } from './previousText'
import { newItems, others, TELLING, type Change, type Run } from './runs'
import { endOfWord, isInWord } from './wholeWords'
import { around, whereNow, type Place } from './whereNow'

/** Letters that two texts must have in common, where no id tells that the one became the other. */
const MUCH = 12

const END: Letter = { letter: '', mine: null, unseen: false }

/**
 * Where the words of a deleted text belong that whoever made the changed copy had not seen: what is left of the text
 * tells where they stood, and which of them were known. Null when nothing came of it.
 */
export function intoChanged(
  text: Y.XmlText,
  letters: readonly Letter[],
  copies: Copies,
  transaction: Y.Transaction,
): Change[] | null {
  // Nobody had what was written and erased again before they heard of it.
  const known = letters.filter(({ unseen }) => !unseen)
  const isErased = (at: number): boolean => known[at]?.erased === true
  const words = said(known)
  const successor = successorOf(text, transaction)
  const made = successor
    ? (copies.arrived.find((run) => run.text.parent === successor) ??
      copies.arrived.find((run) => run.author === successor._item?.id.client))
    : mostAlike(text, words, copies)
  if (!successor && !made) return null
  // What was split off stands behind, and somebody else may have done that.
  const runs = made ? around(made, copies.arrived) : []
  const isCompared = copies.mayCompare(words, runs.map(({ written }) => written.letters).join(''))
  const now = isCompared ? whereNow(words, runs, isErased) : []
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
    const end = runs[0]?.places.at(-1)
    return behind(end === undefined ? null : { text: runs[0]?.text as Y.XmlText, at: end }, 1)
  }
  const ages = known.flatMap(({ mine }, at) => (mine === null ? [] : [{ mine, isLeft: now[at] !== undefined }]))
  const seen = isCompared && runs.length > 0 ? seenUntil(ages) : Infinity
  const found: Change[] = []
  let before = 0
  let lost = ''
  let isNew = false
  for (const { letter, mine, unseen, erased } of [...letters, END]) {
    if (erased) {
      const place = unseen ? null : now[before]
      if (place) found.push({ ...place, words: '', erase: true })
    } else if (unseen || (mine !== null && mine >= seen)) {
      lost += letter
      isNew ||= unseen
    } else if (lost !== '') {
      // What may have been seen is no news where somebody has put it elsewhere; a few letters are anywhere by chance.
      // Equal letters on both sides of the words may be told as theirs: the place is that behind them.
      const said = lost.trim()
      if (isNew || said.length < TELLING || !copies.have(said)) found.push({ ...placeOf(before, lost), words: lost })
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
function seenUntil(letters: { mine: number; isLeft: boolean }[]): number {
  let [until, most, sum] = [0, 0, 0]
  for (const { mine, isLeft } of [...letters].sort((one, other) => one.mine - other.mine)) {
    sum += isLeft ? 1 : -1
    if (sum > most) [until, most] = [mine + 1, sum]
  }
  return until
}

/** The piece that has most of a text, if it has much of it. */
function mostAlike(text: Y.XmlText, words: string, copies: Copies): Run | undefined {
  if (words === '') return undefined
  const before = previousText(text)
  let best: Run | undefined
  let most = MUCH
  for (const run of copies.arrived) {
    if (!copies.mayCompare(words, run.written.letters)) break
    const same = align(words, run.written.letters).places.filter((at) => at !== null).length
    const isJoined = run.text === before && same * 2 >= words.length
    if (!isJoined && (same < most || same * 2 < Math.min(words.length, run.letters.length))) continue
    best = run
    most = same
  }
  return best
}

/** The block that others made in the place of the one around a deleted text: it has its id. */
function successorOf(text: Y.XmlText, transaction: Y.Transaction): Y.XmlElement | null {
  const id = blockId(text)
  if (id === undefined) return null
  for (const client of others(transaction)) {
    for (const { content } of newItems(transaction, client).reverse()) {
      if (content instanceof Y.ContentType && content.type instanceof Y.XmlElement && idOf(content.type) === id) {
        return content.type
      }
    }
  }
  return null
}
