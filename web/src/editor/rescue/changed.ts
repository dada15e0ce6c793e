/**
 * What became of a deleted block when that is no mere copy, because whoever made it went on writing in it or split it.
 */
import * as Y from 'yjs'
import { blockId, idOf, textIn } from './block'
import type { Copies } from './copies'
import { said, type Letter } from './missing'
import { newItems, others, type Change, type Run } from './runs'

/** Letters that two texts must have in common, where no id tells that the one became the other. */
const MUCH = 12
/** Fewer letters in a row are in both texts by chance. */
const SAME = 4
/** Pieces of text before and behind one that may be other parts of the same block. */
const NEAR = 3

const END: Letter = { letter: '', mine: null, unseen: false }

interface Place {
  text: Y.XmlText
  at: number
}

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
  const known = letters.filter(({ unseen }) => !unseen)
  const words = said(known)
  const successor = successorOf(text, transaction)
  const made = successor
    ? (copies.arrived.find((run) => run.text.parent === successor) ??
      copies.arrived.find((run) => run.author === successor._item?.id.client))
    : mostAlike(words, copies)
  if (!successor && !made) return null
  // What was split off stands behind, and somebody else may have done that.
  const rank = (run: Run): number => (run.text.parent === successor ? 0 : run.author === made?.author ? 1 : 2)
  const runs = around(made, copies.arrived).sort((one, other) => rank(one) - rank(other))
  const copy = runs.map((run) => `${run.letters}\0`).join('')
  const isCompared = copies.mayCompare(words, copy)
  const left = isCompared ? alike(words, copy) : []
  const places: (Place | null)[] = runs.flatMap((run) => [...run.places.map((at) => ({ text: run.text, at })), null])
  const behind = (at: Place | null | undefined, by: number): Place =>
    at ? { text: at.text, at: at.at + by } : { text: textIn(successor as Y.XmlElement), at: 0 }
  const placeOf = (before: number): Place => {
    const last = left.findLast((at, index) => index < before && at !== null)
    if (last !== undefined) return behind(places[last ?? 0], 1)
    const next = left.find((at, index) => index >= before && at !== null)
    if (next !== undefined) return behind(places[next ?? 0], 0)
    return behind(places[(runs[0]?.letters.length ?? 0) - 1], 1)
  }
  const ages = known.flatMap(({ mine }, at) => (mine === null ? [] : [{ mine, isLeft: left[at] !== null }]))
  const seen = isCompared && runs.length > 0 ? seenUntil(ages) : Infinity
  const found: Change[] = []
  let before = 0
  let lost = ''
  let isNew = false
  for (const { letter, mine, unseen } of [...letters, END]) {
    if (unseen || (mine !== null && mine >= seen)) {
      lost += letter
      isNew ||= unseen
    } else if (lost !== '') {
      // What may have been seen is no news where somebody has put it elsewhere. Equal letters on both sides of the words
      // may be told as theirs: the place is that behind them.
      if (isNew || !copies.have(lost.trim())) found.push({ ...placeOf(before), words: lost })
      lost = ''
      isNew = false
    }
    if (!unseen) before += 1
  }
  return found
}

/** A piece and those near it. */
function around(made: Run | undefined, arrived: readonly Run[]): Run[] {
  const at = made ? arrived.indexOf(made) : -1
  return at < 0 ? [] : arrived.slice(Math.max(0, at - NEAR), at + NEAR + 1)
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
function mostAlike(text: string, copies: Copies): Run | undefined {
  let best: Run | undefined
  let most = MUCH
  for (const run of copies.arrived) {
    if (!copies.mayCompare(text, run.letters)) break
    const same = alike(text, run.letters).filter((at) => at !== null).length
    if (same < most || same * 2 < Math.min(text.length, run.letters.length)) continue
    best = run
    most = same
  }
  return best
}

/** For each letter of a text its place in a changed copy, null for what is not there: the longest pieces first. */
function alike(text: string, copy: string): (number | null)[] {
  const places = new Array<number | null>(text.length).fill(null)
  const least = Math.min(SAME, text.length)
  const search = (from: number, to: number, start: number, end: number): void => {
    const { at, place, length } = longestAlike(text.slice(from, to), copy.slice(start, end))
    if (length < Math.max(least, 1)) return
    for (let offset = 0; offset < length; offset += 1) places[from + at + offset] = start + place + offset
    search(from, from + at, start, start + place)
    search(from + at + length, to, start + place + length, end)
  }
  search(0, text.length, 0, copy.length)
  return places
}

/** The longest piece that two texts have in common. */
function longestAlike(one: string, other: string): { at: number; place: number; length: number } {
  const best = { at: 0, place: 0, length: 0 }
  let row = new Uint32Array(other.length + 1)
  for (let at = 1; at <= one.length; at += 1) {
    const next = new Uint32Array(other.length + 1)
    for (let place = 1; place <= other.length; place += 1) {
      if (one[at - 1] !== other[place - 1]) continue
      const length = (next[place] = (row[place - 1] ?? 0) + 1)
      if (length > best.length) Object.assign(best, { at: at - length, place: place - length, length })
    }
    row = next
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
