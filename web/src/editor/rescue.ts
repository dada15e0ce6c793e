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
import { namesDeleted } from '../sync'

/** Text that a copy must have at least to be known without the block's id, unless it is joined to the text before. */
const TELLING = 6
/** The same for a changed copy. */
const MUCH = 12
/** Fewer letters in a row are in both texts by chance. */
const SAME = 4
/** Longer texts, multiplied, are not compared letter by letter: it would take seconds. */
const COMPARABLE = 4_000_000
const CELLS = new Set(['tableCell', 'tableHeader'])

/** The origin of words that are written again: to undo is their author's, as before. */
export const RESCUED = Symbol('rescued')

interface Letter {
  letter: string
  /** Of a letter written here, how many were written here before it; null for others' letters. */
  mine: number | null
  /** Nobody who took the text away had this letter; that of others is not known. */
  unseen: boolean
}

/** What one person wrote in one piece: its letters, and where each stands now. */
interface Run {
  text: Y.XmlText
  author: number
  letters: string
  places: number[]
}

interface Insertion {
  text: Y.XmlText
  at: number
  words: string
}

/** Watches a document; `remote` says of a transaction's origin whether others made it. Returns how to stop. */
export function rescueWords(doc: Y.Doc, remote: (origin: unknown) => boolean): () => void {
  /** Deleted texts whose copies may be in what has come and waits for a part that is missing. */
  const waiting = new Map<Y.XmlText, Letter[]>()
  const watch = (transaction: Y.Transaction): void => {
    if (!remote(transaction.origin)) return
    const gone = new Map(waiting)
    const deleted = deletedTexts(transaction)
    const named = deleted.size > 0 ? namesDeleted(transaction) : null
    for (const text of deleted) gone.set(text, lettersOf(text, transaction, named))
    const left = leftBehind(transaction)
    waiting.clear()
    if (gone.size === 0 && left.length === 0) return
    const arrived = newRuns(transaction)
    // Yjs drops the places that it remembers of changed texts when it calls their observers.
    for (const [type] of transaction.changed) type._searchMarker?.splice(0)
    for (const tail of left) moveAlong(doc, tail, arrived)
    const copies = gone.size > 0 ? arrived.flatMap(rotations) : []
    const insertions: Insertion[] = []
    doc.transact(() => {
      for (const [text, letters] of gone) {
        const twin = twinOf(text, transaction)
        if (twin) {
          twin.insert(twin.length, letters.flatMap(({ letter, mine }) => (mine === null ? [] : [letter])).join(''))
          continue
        }
        const copied = intoCopy(text, letters, copies)
        const changed = copied.isWhole ? null : intoChanged(text, letters, arrived, transaction)
        const found = changed ?? copied.insertions
        if (found.length === 0 && doc.store.pendingStructs !== null) waiting.set(text, letters)
        insertions.push(...found)
      }
      insert(insertions)
    }, RESCUED)
  }
  // Before the editor hears of the change: it finds the words in their new place, and the caret behind them.
  doc.on('beforeObserverCalls', watch)
  return () => doc.off('beforeObserverCalls', watch)
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

/** Words behind the first letters of a run. */
function insertion(run: Run, letters: number, words: string): Insertion {
  const before = run.places[letters - 1]
  return { text: run.text, at: before === undefined ? (run.places[0] ?? 0) : before + 1, words }
}

/** From the end, so that the places before stay where they are. */
function insert(insertions: Insertion[]): void {
  for (const { text, at, words } of insertions.reverse().sort((one, other) => other.at - one.at)) text.insert(at, words)
}

/** What a deleted text said until this transaction; `named` tells which letters were deleted one by one. */
function lettersOf(text: Y.XmlText, transaction: Y.Transaction, named: ((clock: number) => boolean) | null): Letter[] {
  const letters: Letter[] = []
  for (let item = text._start; item !== null; item = item.right) {
    if (!(item.content instanceof Y.ContentString) || !Y.isDeleted(transaction.deleteSet, item.id)) continue
    const { client, clock } = item.id
    const own = client === transaction.doc.clientID
    item.content.str.split('').forEach((letter, at) => {
      const mine = own ? clock + at : null
      letters.push({ letter, mine, unseen: mine !== null && named !== null && !named(mine) })
    })
  }
  return letters
}

/** Pieces of text that others wrote in this transaction and that are there. */
function newRuns(transaction: Y.Transaction): Run[] {
  const runs: Run[] = []
  const texts = new Set<Y.XmlText>()
  const isNew = (item: Y.Item): boolean => item.id.clock >= (transaction.beforeState.get(item.id.client) ?? 0)
  for (const [client, end] of transaction.afterState) {
    const start = transaction.beforeState.get(client) ?? 0
    if (end === start || client === transaction.doc.clientID) continue
    for (const struct of transaction.doc.store.clients.get(client) ?? []) {
      if (struct.id.clock < start || !(struct instanceof Y.Item) || struct.deleted) continue
      if (struct.content instanceof Y.ContentString && struct.parent instanceof Y.XmlText) texts.add(struct.parent)
    }
  }
  for (const text of texts) {
    let index = 0
    let run: Run | null = null
    for (let item = text._start; item !== null; item = item.right) {
      if (item.deleted || !item.countable) continue
      if (item.content instanceof Y.ContentString && isNew(item)) {
        if (run === null) {
          const author: number = text._item && isNew(text._item) ? text._item.id.client : item.id.client
          runs.push((run = { text, author, letters: '', places: [] }))
        }
        // Others may have written their words into the copy already.
        if (item.id.client === run.author) {
          run.letters += item.content.str
          for (let at = 0; at < item.length; at += 1) run.places.push(index + at)
        }
      } else run = null
      index += item.length
    }
  }
  return runs
}

/**
 * The same letters inserted elsewhere: "abc" made "abcbc" by a "bc" at its end, or by a "cb" before its "c". A join that
 * is told as the second is still one of "bc".
 */
function rotations(run: Run): Run[] {
  const whole = run.text
    .toDelta()
    .map(({ insert }: { insert: unknown }) => (typeof insert === 'string' ? insert : '\ufffc'))
  const said = whole.join('')
  const [start = 0] = run.places
  const end = start + run.letters.length
  const found = [run]
  if (run.places.at(-1) !== end - 1) return found
  const turn = (by: number): void => {
    const places = run.places.map((place) => place + by)
    found.push({ ...run, letters: said.slice(start + by, end + by), places })
  }
  for (let by = 1; end + by <= said.length && said[start + by - 1] === said[end + by - 1]; by += 1) turn(by)
  for (let by = 1; by <= start && said[start - by] === said[end - by]; by += 1) turn(-by)
  return found
}

/** The end of a text that others took away, and what was written in it here, which they had not seen. */
interface Tail {
  text: Y.XmlText
  taken: string
  /** How many of the taken letters stand before these words, where they are now, and what they say. */
  words: { behind: number; at: number; letters: string }[]
}

/** Texts whose end went elsewhere without the words that were written in it here. */
function leftBehind(transaction: Y.Transaction): Tail[] {
  const texts = new Set<Y.XmlText>()
  Y.iterateDeletedStructs(transaction, transaction.deleteSet, (struct) => {
    if (!(struct instanceof Y.Item) || !(struct.content instanceof Y.ContentString)) return
    const { parent } = struct
    if (parent instanceof Y.XmlText && !parent._item?.deleted) texts.add(parent)
  })
  return [...texts].flatMap((text) => {
    const tail: Tail = { text, taken: '', words: [] }
    let index = 0
    for (let item = text._start; item !== null; item = item.right) {
      if (item.content instanceof Y.ContentString) {
        const { str } = item.content
        if (item.deleted) tail.taken += Y.isDeleted(transaction.deleteSet, item.id) ? str : ''
        else if (tail.taken !== '' && item.id.client === transaction.doc.clientID) {
          tail.words.push({ behind: tail.taken.length, at: index, letters: str })
        } else if (tail.words.length === 0) {
          // "abc" without its "bc" may be told as "abc" without its "ab", where what follows is an "a".
          for (let at = 0; at < str.length && tail.taken !== '' && str[at] === tail.taken[0]; at += 1) {
            tail.taken = tail.taken.slice(1) + tail.taken.charAt(0)
          }
        }
      }
      if (!item.deleted && item.countable) index += item.length
    }
    return tail.words.length > 0 ? [tail] : []
  })
}

function sameStart(one: string, other: string): number {
  let length = 0
  while (length < Math.min(one.length, other.length) && one[length] === other[length]) length += 1
  return length
}

/** Writes words that were left behind into the new block that has the letters around them. */
function moveAlong(doc: Y.Doc, { text, taken, words }: Tail, arrived: Run[]): void {
  for (const run of arrived) {
    const at = run.letters.indexOf(taken)
    if (run.text === text || at < 0 || (run.letters !== taken && taken.length < TELLING)) continue
    // From the end, so that the places before stay where they are.
    for (const word of [...words].reverse()) {
      const place = (run.places[at + word.behind - 1] ?? 0) + 1
      // An undo or redo may have brought a copy of some already; as that they would go with its next turn.
      const there = word.behind === taken.length ? sameStart(run.letters.slice(at + word.behind), word.letters) : 0
      doc.transact(() => {
        run.text.delete(place, there)
        text.delete(word.at, word.letters.length)
      })
      doc.transact(() => run.text.insert(place, word.letters), RESCUED)
    }
    return
  }
}

/** Words into the copy of a text; whole is one that lacks nothing but them. */
function intoCopy(text: Y.XmlText, letters: Letter[], copies: Run[]): { insertions: Insertion[]; isWhole: boolean } {
  const before = textBefore(text)
  for (const run of copies) {
    const sameBlock = blockId(text) !== undefined && blockId(text) === blockId(run.text)
    const joined = run.text === before && unseenSince(letters, run.letters) !== null
    const short = run.letters.length < TELLING || run.letters.length * 2 < letters.length
    if (short && !sameBlock && !joined) continue
    const lost = missing(letters, run.letters)
    if (lost === null) continue
    const found = lost.reduce((sum, [, words]) => sum + words.length, run.letters.length)
    return {
      insertions: lost.map(([at, words]) => insertion(run, at, words)),
      isWhole: found === letters.length,
    }
  }
  return { insertions: [], isWhole: false }
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
  for (const { letter, mine, unseen: isUnseen } of letters) {
    if (copy[at] === letter && !isUnseen && !(mine !== null && unseen !== null && mine >= unseen)) {
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

/**
 * The same for what became of a block when that is no mere copy, because whoever made it went on writing in it or split
 * it: what is left of the text tells where the words stood, and which of them were known. Null when nothing came of it.
 */
function intoChanged(
  text: Y.XmlText,
  letters: Letter[],
  arrived: Run[],
  transaction: Y.Transaction,
): Insertion[] | null {
  const known = letters.filter(({ unseen }) => !unseen)
  const said = known.map(({ letter }) => letter).join('')
  const successor = successorOf(text, transaction)
  const author = successor?._item?.id.client ?? mostAlike(arrived, said)?.author
  if (author === undefined) return null
  // What was split off stands behind, and somebody else may have done that.
  const rank = (run: Run): number => (run.text.parent === successor ? 0 : run.author === author ? 1 : 2)
  const runs = comparable(
    said,
    arrived.toSorted((one, other) => rank(one) - rank(other)),
  )
  if (runs.length === 0 && (successor === null || arrived.length > 0)) return null
  const places = runs.flatMap(({ text, places }) => [...places.map((at) => ({ text, at })), null])
  const left = alike(said, runs.map((run) => `${run.letters}\0`).join(''))
  const place = (before: number): Omit<Insertion, 'words'> => {
    const last = left.findLast((at, index) => index < before && at !== null)
    if (last !== undefined) return behind(places[last ?? 0], 1)
    const next = left.find((at, index) => index >= before && at !== null)
    if (next !== undefined) return behind(places[next ?? 0], 0)
    return behind(places[(runs[0]?.letters.length ?? 0) - 1], 1)
  }
  const behind = (at: { text: Y.XmlText; at: number } | null | undefined, by: number): Omit<Insertion, 'words'> =>
    at ? { text: at.text, at: at.at + by } : { text: textIn(successor as Y.XmlElement), at: 0 }
  const seen = seenUntil(known.flatMap(({ mine }, at) => (mine === null ? [] : [{ mine, isLeft: left[at] !== null }])))
  const found: Insertion[] = []
  let before = 0
  let words = ''
  let isNew = false
  for (const { letter, mine, unseen } of [...letters, { letter: '', mine: null, unseen: false }]) {
    if (unseen || (mine !== null && mine >= seen && runs.length > 0)) {
      words += letter
      isNew ||= unseen
    } else if (words !== '') {
      // What may have been seen is no news where somebody has put it elsewhere.
      if (isNew || !arrived.some((run) => run.letters.includes(words.trim()))) found.push({ ...place(before), words })
      words = ''
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
function mostAlike(runs: Run[], text: string): Run | null {
  let best: Run | null = null
  let most = MUCH
  for (const run of comparable(text, runs)) {
    const same = alike(text, run.letters).filter((at) => at !== null).length
    if (same < most || same * 2 < Math.min(text.length, run.letters.length)) continue
    best = run
    most = same
  }
  return best
}

/** As many of the first pieces as can be compared with a text. */
function comparable(text: string, runs: Run[]): Run[] {
  let steps = 0
  const end = runs.findIndex((run) => (steps += text.length * (run.letters.length + 1)) > COMPARABLE)
  return end < 0 ? runs : runs.slice(0, end)
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
  for (const [client, structs] of transaction.doc.store.clients) {
    const start = transaction.beforeState.get(client) ?? 0
    if (client === transaction.doc.clientID || transaction.afterState.get(client) === start) continue
    for (let number = structs.length - 1; number >= 0; number -= 1) {
      const struct = structs[number]
      if (!struct || struct.id.clock < start) break
      if (!(struct instanceof Y.Item) || struct.deleted || !(struct.content instanceof Y.ContentType)) continue
      const { type } = struct.content
      if (type instanceof Y.XmlElement && idOf(type) === id) return type
    }
  }
  return null
}

/** The copier had seen what was written here up to some letter: which that is, if the copy has all of the others'. */
function unseenSince(letters: Letter[], copy: string): number | null {
  const mine = letters.flatMap((one) => (one.mine === null ? [] : [one.mine])).sort((a, b) => a - b)
  const since = mine[copy.length - (letters.length - mine.length)]
  if (since === undefined) return null
  const seen = letters.filter((one) => one.mine === null || one.mine < since)
  return seen.map(({ letter }) => letter).join('') === copy ? since : null
}

/** The id of the block around a text; of one that was just deleted, too. */
function blockId(text: Y.XmlText): unknown {
  return text.parent instanceof Y.XmlElement ? idOf(text.parent) : undefined
}

function idOf(element: Y.XmlElement): unknown {
  return element._map.get('id')?.content.getContent()[0]
}

/** Where words may be written in the cell that stands beside a deleted one under the same id. */
function twinOf(text: Y.XmlText, { beforeState }: Y.Transaction): Y.XmlText | null {
  let cell = text.parent
  while (cell instanceof Y.XmlElement && !CELLS.has(cell.nodeName)) cell = cell.parent
  if (!(cell instanceof Y.XmlElement) || !cell._item?.deleted) return null
  const [id, row] = [idOf(cell), cell.parent]
  if (id === undefined || !(row instanceof Y.XmlElement)) return null
  // One that came just now is a copy.
  const isOld = ({ _item: item }: Y.XmlElement): boolean =>
    item !== null && item.id.clock < (beforeState.get(item.id.client) ?? 0)
  const twin = row.toArray().find((other) => other instanceof Y.XmlElement && idOf(other) === id && isOld(other))
  if (!(twin instanceof Y.XmlElement)) return null
  // A list or a picture that somebody put there takes no words itself.
  let block = twin.toArray().find((part) => part instanceof Y.XmlElement && part.nodeName === 'paragraph')
  if (!(block instanceof Y.XmlElement)) twin.push([(block = new Y.XmlElement('paragraph'))])
  return textIn(block)
}

/** The first text of a block, made if there is none. */
function textIn(block: Y.XmlElement): Y.XmlText {
  const found = block.toArray().find((part) => part instanceof Y.XmlText)
  if (found) return found
  const fresh = new Y.XmlText()
  block.insert(0, [fresh])
  return fresh
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
