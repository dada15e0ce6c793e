/** What others wrote in a transaction, in pieces that may be copies of something. */
import * as Y from 'yjs'
import { GONE } from './align'
import { isNewIn, isNext, textsWritten } from './items'

/** A line of dashes is the same wherever others were put into it. */
const MOST_ROTATIONS = 64

/** What one person wrote in one piece: its letters, and where each stands now. */
export interface InsertedRun {
  text: Y.XmlText
  author: number
  letters: string
  places: number[]
  /** The same in the order of writing, with what is gone again: a copy first, then what was done in it. */
  written: { letters: string; places: (number | null)[] }
  /** The same with what others wrote into it. */
  all: { letters: string; places: number[] }
  /** With how many letters its block was made, if it is new: a block that is made with a key is empty at first. */
  made: number
}

/** Pieces of text that others wrote in this transaction and that are there, in the order of the document. */
export function insertedRuns(transaction: Y.Transaction): InsertedRun[] {
  const isNew = (item: Y.Item): boolean => isNewIn(transaction, item)
  return inOrder(textsWritten(transaction)).flatMap((text) => runsIn(text, isNew, transaction.doc.clientID))
}

/** Texts in the order of the document. */
function inOrder(texts: ReadonlySet<Y.XmlText>): Y.XmlText[] {
  const roots = new Set<{ _start: Y.Item | null }>()
  for (const text of texts) {
    let top: Pick<Y.XmlText, '_item' | '_start'> = text
    while (top._item) top = top._item.parent as Y.XmlElement
    roots.add(top)
  }
  const found: Y.XmlText[] = []
  const search = ({ _start }: { _start: Y.Item | null }): void => {
    for (let item = _start; item !== null; item = item.right) {
      if (item.deleted || !(item.content instanceof Y.ContentType)) continue
      const inside = item.content.type
      if (inside instanceof Y.XmlText && texts.has(inside)) found.push(inside)
      else if (inside instanceof Y.XmlElement) search(inside)
    }
  }
  roots.forEach(search)
  return found
}

interface Piece {
  item: Y.Item
  /** Where it stands, or what follows it. */
  index: number
}

/** The pieces of a text that are new, each of one author; what somebody has written there just now is looked past. */
export function runsIn(text: Y.XmlText, isNew: (item: Y.Item) => boolean, without?: number): InsertedRun[] {
  const pieces: Piece[][] = [[]]
  let index = 0
  let fresh = true
  for (let item = text._start; item !== null; item = item.right) {
    fresh &&= item.deleted || isNew(item)
    const isThere = !item.deleted && item.countable
    if (!isNew(item) || item.id.client !== without) {
      if (isNew(item) && (item.deleted || item.content instanceof Y.ContentString)) pieces.at(-1)?.push({ item, index })
      else if (isThere) pieces.push([])
    }
    if (isThere) index += item.length
  }
  return pieces.flatMap((piece) => {
    const first = piece.find(({ item }) => !item.deleted)?.item
    if (!first) return []
    const author: number = text._item && isNew(text._item) ? text._item.id.client : first.id.client
    // Others may have written their words into the copy already.
    const own = piece.filter(({ item }) => item.id.client === author)
    const all = piece.filter(({ item }) => !item.deleted)
    const there = own.filter(({ item }) => !item.deleted)
    const byClock = own.toSorted((one, other) => one.item.id.clock - other.item.id.clock)
    return [
      {
        text,
        author,
        ...told(there, standing),
        written: told(byClock, placesOf),
        all: told(all, standing),
        made: fresh ? madeWith(text) : 0,
      },
    ]
  })
}

/** How many letters were written in one go with the block around a text. */
function madeWith({ _item: item, _start, parent }: Y.XmlText): number {
  const block = parent instanceof Y.XmlElement ? parent._item : null
  if (!item || !block || !isNext(item.id, block.id)) return 0
  const pieces: Y.Item[] = []
  for (let piece = _start; piece !== null; piece = piece.right)
    if (piece.id.client === item.id.client) pieces.push(piece)
  let [letters, last] = [0, item.id]
  for (const piece of pieces.sort((one, other) => one.id.clock - other.id.clock)) {
    if (!isNext(piece.id, last)) break
    if (piece.countable || piece.deleted) letters += piece.length
    last = piece.lastId
  }
  return letters
}

/** What pieces say, and where each of their letters is. */
function told<At>(pieces: readonly Piece[], places: (piece: Piece) => At[]): { letters: string; places: At[] } {
  return { letters: pieces.map(({ item }) => lettersOf(item)).join(''), places: pieces.flatMap(places) }
}

const lettersOf = (item: Y.Item): string =>
  item.content instanceof Y.ContentString && !item.deleted ? item.content.str : GONE.repeat(item.length)

const standing = ({ item, index }: Piece): number[] => Array.from({ length: item.length }, (_, at) => index + at)

const placesOf = (piece: Piece): (number | null)[] =>
  piece.item.deleted ? standing(piece).map(() => null) : standing(piece)

/**
 * The same letters inserted elsewhere: "abc" made "abcbc" by a "bc" at its end, or by a "cb" before its "c". A join that
 * is told as the second is still one of "bc".
 */
export function rotations(run: InsertedRun): InsertedRun[] {
  const whole = run.text
    .toDelta()
    .map(({ insert }: { insert: unknown }) => (typeof insert === 'string' ? insert : '\ufffc'))
  const said = whole.join('')
  const [start = 0] = run.places
  const end = start + run.letters.length
  const found = [run]
  if (run.places.at(-1) !== end - 1) return found
  const isInEmoji = (at: number): boolean => /^[\udc00-\udfff]/.test(said.charAt(at))
  const turn = (by: number): void => {
    if (isInEmoji(start + by) || isInEmoji(end + by)) return
    const places = run.places.map((place) => place + by)
    found.push({ ...run, letters: said.slice(start + by, end + by), places })
  }
  const most = (room: number): number => Math.min(room, MOST_ROTATIONS)
  for (let by = 1; by <= most(said.length - end) && said[start + by - 1] === said[end + by - 1]; by += 1) turn(by)
  for (let by = 1; by <= most(start) && said[start - by] === said[end - by]; by += 1) turn(-by)
  return found
}
