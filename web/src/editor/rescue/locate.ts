/** Where the letters of a text are that others have put elsewhere and worked in there. */
import type * as Y from 'yjs'
import { align, GONE, SAME, type Doubt } from './align'
import { rotations, type InsertedRun } from './insertedRuns'
import { TELLING } from './letters'

/** Pieces of text before and behind one that may be other parts of the same block. */
const NEAR = 3
/** As many where those are too short to be all of it. */
const FAR = 40
const GONE_LETTERS = new RegExp(`${GONE}+`, 'g')
/** Stands in no text. */
const END_OF_RUN = '\u0001'

export interface Place {
  text: Y.XmlText
  at: number
}

/**
 * A piece and those near it, of its author as far as they may hold a text of some length: those in the same text first,
 * then those of the same author, then others'.
 */
export function around(made: InsertedRun, arrived: readonly InsertedRun[], length: number): InsertedRun[] {
  const at = arrived.indexOf(made)
  const near = new Set([made])
  let room = length - made.letters.length
  for (let by = 1; by <= (room > 0 ? FAR : NEAR); by += 1) {
    for (const run of [arrived[at - by], arrived[at + by]]) {
      if (!run || (by > NEAR && run.author !== made.author)) continue
      near.add(run)
      if (run.author === made.author) room -= run.letters.length
    }
  }
  const rank = (run: InsertedRun): number => (run.text === made.text ? 0 : run.author === made.author ? 1 : 2)
  return arrived.filter((run) => near.has(run)).sort((one, other) => rank(one) - rank(other))
}

/**
 * For each letter its place in one of some pieces of text, the likeliest first; null if it was there and is gone,
 * undefined if it never was.
 */
export function locateLetters(
  words: string,
  runs: readonly InsertedRun[],
  doubt?: Doubt,
): (Place | null | undefined)[] {
  const { places: found, order } = likeliest(words, runs, doubt)
  const counts = new Map<InsertedRun, number>()
  for (const at of found) {
    const run = at === null ? undefined : order.runs[at]
    if (run && order.places[at as number]) counts.set(run, (counts.get(run) ?? 0) + 1)
  }
  const now = found.map((at) => {
    if (at === null) return undefined
    const run = order.runs[at] as InsertedRun
    // A few letters are elsewhere by chance.
    const isChance = run.text !== runs[0]?.text && (counts.get(run) ?? 0) < Math.min(TELLING, run.letters.length)
    return isChance ? undefined : order.places[at]
  })
  findElsewhere(words, now, runs)
  return now
}

/** A part may stand before what it stood behind. */
function findElsewhere(words: string, now: (Place | null | undefined)[], runs: readonly InsertedRun[]): void {
  for (let from = 0, to = 0; from < words.length; from = to + 1) {
    to = from
    while (to < words.length && now[to] === undefined) to += 1
    const part = words.slice(from, to)
    const run = part.length < TELLING ? undefined : runs.find(({ letters }) => letters.includes(part))
    const start = run?.letters.indexOf(part) ?? 0
    if (run)
      for (let at = from; at < to; at += 1) now[at] = { text: run.text, at: run.places[start + at - from] as number }
  }
}

function likeliest(words: string, runs: readonly InsertedRun[], doubt?: Doubt): Aligned {
  const all = Array.from({ length: words.length }, (_, at) => SAME - (doubt?.(at) ?? 0)).reduce(
    (sum, gain) => sum + gain,
    0,
  )
  let best: Aligned | undefined
  const tried = new Set<string>()
  for (const order of ordersOf(runs)) {
    if (tried.has(order.letters)) continue
    tried.add(order.letters)
    const found = { ...align(words, order.letters, doubt), order }
    if (!best || found.score > best.score) best = found
    if (best.score === all) break
  }
  return best as Aligned
}

function* ordersOf(runs: readonly InsertedRun[]): Generator<Order> {
  // A copy stands in the order of writing, with what was done in it behind; of several copies one on top of another
  // the last has what was done before in the middle.
  yield inOrder(runs, (run) => withoutSplitOff(run, runs))
  yield inOrder(runs, ({ all }) => all)
  const [first, ...rest] = runs
  if (first) for (const turned of rotations(first)) yield inOrder([turned, ...rest], (run) => run)
}

/** What was written in a piece, without what is gone from there because it was split off: it stands in another one. */
function withoutSplitOff(run: InsertedRun, runs: readonly InsertedRun[]): InsertedRun['written'] {
  const others = runs.filter((one) => one !== run && one.author === run.author).map(({ made }) => made)
  const { letters, places } = run.written
  const isKept = places.map(() => true)
  for (const { 0: gone, index } of letters.matchAll(GONE_LETTERS)) {
    if (others.includes(gone.length)) isKept.fill(false, index, index + gone.length)
  }
  return {
    letters: letters.replace(GONE_LETTERS, (gone) => (others.includes(gone.length) ? '' : gone)),
    places: places.filter((_, at) => isKept[at]),
  }
}

type Aligned = ReturnType<typeof align> & { order: Order }

interface Order {
  letters: string
  places: (Place | null)[]
  runs: InsertedRun[]
}

function inOrder(
  runs: readonly InsertedRun[],
  of: (run: InsertedRun) => { letters: string; places: readonly (number | null)[] },
): Order {
  const all: Order = { letters: '', places: [], runs: [] }
  for (const run of runs) {
    const { letters, places } = of(run)
    all.letters += letters + END_OF_RUN
    for (const at of [...places, null]) {
      all.places.push(at === null ? null : { text: run.text, at })
      all.runs.push(run)
    }
  }
  return all
}
