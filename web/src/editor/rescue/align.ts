/**
 * Which letter of a text is which of its copy, where whoever made the copy went on working in it.
 *
 * Alignment of sequences with free ends (after O. Gotoh, An improved algorithm for matching biological sequences, 1982),
 * where each gap costs the same, however long it is: letters that stand in a row in the one do so in the other.
 */
import { comparable, WHOLE } from './letters'

/** A letter that the copy had and that is gone: it may have been any. */
export const GONE = '\0'

/** What a letter adds to a score. */
export const SAME = 10
const MAY_BE = 4
const NEVER = -1_000_000
/** Up to two letters that stand alone between gaps are there by chance. */
const GAP = 25

/** Pairs of letters that are compared at once: each takes a byte and some nanoseconds. */
const MOST_PAIRS = 10_000_000
/** What would be more is compared in parts, of about so many letters on both sides. */
const PART = 300
/** So many letters in a row, if they are in the copy once, are where a comparison is parted. */
const LANDMARK = 24
/** Where such letters are looked for, as shares of the text. */
const SHARES = [0.5, 0.4, 0.6, 0.25, 0.75]

/** From where the best alignment of two prefixes comes: pairs end it, or a gap does. */
const AFTER_PAIR = 1
const GAP_AFTER_PAIR = 2
const GAP_IN_TEXT = 4

interface Alignment {
  /** For each letter its place in the copy; null for what is not in it. */
  places: (number | null)[]
  /** More for what is more alike. */
  score: number
}

/** How much less likely than others a letter is in the copy: by 0, 1 or 2. */
export type Doubt = (at: number) => number

/** For each letter of a text its place in the copy; null for what is not there. */
export function align(text: string, copy: string, doubt: Doubt = () => 0): Alignment {
  const aligned = alignComparable(comparable(text), comparable(copy), doubt, MOST_PAIRS)
  keepWhole(text, copy, aligned.places)
  return aligned
}

/** Of two equal emojis next to each other one half of each may have been found. */
function keepWhole(text: string, copy: string, places: (number | null)[]): void {
  for (const { index } of text.matchAll(WHOLE)) {
    const place = places[index] ?? null
    const isThere = place !== null && (copy[place] !== GONE || places[index + 1] === place + 1)
    places[index] = isThere ? place : null
    places[index + 1] = isThere ? place + 1 : null
  }
}

/** How many pairs are compared, about, where the copy has much of the text. */
export function pairsOf(text: string, copy: string): number {
  const pairs = text.length * copy.length
  return pairs > MOST_PAIRS ? Math.min(text.length, copy.length) * PART : pairs
}

function alignComparable(text: string, copy: string, doubt: Doubt, most: number): Alignment {
  const start = sameStart(text, copy, doubt)
  const places = alikeUpTo(start, text)
  const [height, width] = [text.length - start + 1, copy.length - start + 1]
  const size = height * width
  const parted = size > most ? alignParts(text, copy, doubt, start) : null
  if (parted) return parted
  if (size > MOST_PAIRS) return { places, score: start * SAME }
  const from = new Uint8Array(height * width)
  const opening = start > 0 ? -GAP : 0
  let pairs = new Int32Array(width).fill(-GAP * 2)
  let gaps = new Int32Array(width).fill(opening)
  let nextPairs = new Int32Array(width)
  let nextGaps = new Int32Array(width)
  pairs[0] = start > 0 ? 0 : -GAP
  const letters = Uint16Array.from({ length: width }, (_, place) => copy.charCodeAt(start + place - 1))
  let [best, end] = [0, 0]
  for (let at = 1; at < height; at += 1) {
    const letter = text.charCodeAt(start + at - 1)
    const same = SAME - doubt(start + at - 1)
    nextPairs[0] = -GAP * 2
    nextGaps[0] = opening
    let [pair, gap, left] = [pairs[0] as number, gaps[0] as number, opening]
    for (let place = 1; place < width; place += 1) {
      const other = letters[place] as number
      const gain = other === letter ? same : other === 0 ? MAY_BE : NEVER
      let came = pair > gap ? AFTER_PAIR : 0
      const score = gain + Math.max(pair, gap)
      nextPairs[place] = score
      pair = pairs[place] as number
      gap = gaps[place] as number
      const opened = score - GAP
      if (opened >= gap && opened >= left) {
        came |= GAP_AFTER_PAIR
        left = opened
      } else if (gap >= left) {
        came |= GAP_IN_TEXT
        left = gap
      }
      nextGaps[place] = left
      from[at * width + place] = came
      if (score > best) [best, end] = [score, at * width + place]
    }
    ;[pairs, nextPairs] = [nextPairs, pairs]
    ;[gaps, nextGaps] = [nextGaps, gaps]
  }
  let isPair = true
  for (let cell = end; cell > width && cell % width > 0;) {
    const came = from[cell] as number
    if (isPair) {
      const [at, place] = [Math.floor(cell / width) - 1 + start, (cell % width) - 1 + start]
      places[at] = place
      isPair = Boolean(came & AFTER_PAIR)
      cell -= width + 1
    } else if (came & GAP_AFTER_PAIR) isPair = true
    else cell -= came & GAP_IN_TEXT ? width : 1
  }
  return { places, score: start * SAME + best }
}

/** How many letters both begin with, if they are too many to be the same by chance. */
function sameStart(text: string, copy: string, doubt: Doubt): number {
  let start = 0
  while (start < text.length && start < copy.length && text[start] === copy[start] && doubt(start) === 0) start += 1
  return start < LANDMARK ? 0 : start
}

/** The places of a text that is known to begin as its copy does, and no more. */
function alikeUpTo(start: number, text: string): (number | null)[] {
  return Array.from({ length: text.length }, (_, at) => (at < start ? at : null))
}

/** The same for long texts that begin alike, part by part; null where no letters tell how to part them. */
function alignParts(text: string, copy: string, doubt: Doubt, alike: number): Alignment | null {
  for (const share of SHARES) {
    const at = alike + Math.floor((text.length - alike) * share)
    const piece = text.slice(at, at + LANDMARK)
    const place = copy.indexOf(piece, alike)
    if (at === 0 || piece.length < LANDMARK || place <= 0 || copy.includes(piece, place + 1)) continue
    const before = alignComparable(text.slice(0, at), copy.slice(0, place), doubt, PART * PART)
    const rest = alignComparable(text.slice(at), copy.slice(place), (one) => doubt(at + one), PART * PART)
    const places = [...before.places, ...rest.places.map((one) => (one === null ? null : one + place))]
    return { places, score: before.score + rest.score }
  }
  return null
}
