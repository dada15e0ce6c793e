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

/** Text that a copy must have at least to be known without the block's id, unless it is joined to the text before. */
const TELLING = 6
/** So many letters are tried, the newest first, until the rest is what a copier had seen. */
const UNSEEN = 2000
const CELLS = new Set(['tableCell', 'tableHeader'])

/** The origin of words that are written again: to undo is their author's, as before. */
export const RESCUED = Symbol('rescued')

export interface Letter {
  letter: string
  /** Of a letter written here, a number that later ones exceed; null for others' letters. */
  mine: number | null
  /** Written here and erased here again. */
  erased?: boolean
}

/** What one person wrote in one piece: its letters, and where each stands now. */
export interface Run {
  text: Y.XmlText
  author: number
  letters: string
  places: number[]
}

/** Tells what was written here from what others wrote, and in which order it was. */
type Authorship = (id: Y.ID) => number | null

/** Watches a document; `remote` says of a transaction's origin whether others made it. Returns how to stop. */
export function rescueWords(
  doc: Y.Doc,
  remote: (origin: unknown) => boolean,
  orderOf: Authorship = ({ client, clock }) => (client === doc.clientID ? clock : null),
): () => void {
  const watch = (transaction: Y.Transaction): void => {
    if (!remote(transaction.origin)) return
    const gone = deletedTexts(transaction, orderOf)
    const left = leftBehind(transaction, orderOf)
    if (gone.size === 0 && left.length === 0) return
    const arrived = newRuns(transaction)
    // Yjs drops the places that it remembers of changed texts when it calls their observers.
    for (const [type] of transaction.changed) type._searchMarker?.splice(0)
    for (const tail of left) moveAlong(doc, tail, arrived)
    let copies = gone.size > 0 ? arrived.flatMap(rotations) : []
    doc.transact(() => {
      texts: for (const text of gone) {
        const letters = lettersOf(text, transaction, orderOf)
        const twin = twinOf(text, transaction)
        if (twin) {
          twin.insert(twin.length, letters.flatMap(({ letter, mine }) => (mine === null ? [] : [letter])).join(''))
          continue
        }
        const said = letters.map(({ letter }) => letter).join('')
        const before = textBefore(text)
        const parts = copies.map((run) => partFor(text, run, transaction))
        for (const run of parts) {
          const { sameBlock } = run
          if (run.letters === said && (sameBlock || said.length >= TELLING)) continue texts
          const joined = run.text === before && unseenSince(letters, run.letters) !== null
          const short = run.letters.length < TELLING || run.letters.length * 2 < said.length
          const lost = short && !sameBlock && !joined ? null : missing(letters, run.letters)
          if (lost === null) continue
          complete(run, lost)
          // A text may hold the copies of several.
          copies = newRuns(transaction).flatMap(rotations)
          continue texts
        }
        if (correct(lettersOf(text, transaction, orderOf, true), said, parts)) continue
        for (const run of copies) {
          const lost = isSameBlock(text, run.text) ? null : missingAtEnd(letters, run.letters)
          if (lost === null) continue
          complete(run, lost)
          copies = newRuns(transaction).flatMap(rotations)
          break
        }
      }
    }, RESCUED)
  }
  // Before the editor hears of the change: it finds the words in their new place, and the caret behind them.
  doc.on('beforeObserverCalls', watch)
  return () => doc.off('beforeObserverCalls', watch)
}

/** Texts that this transaction deleted as a whole and that held words written here. */
function deletedTexts(transaction: Y.Transaction, orderOf: Authorship): Set<Y.XmlText> {
  const found = new Set<Y.XmlText>()
  Y.iterateDeletedStructs(transaction, transaction.deleteSet, (struct) => {
    if (!(struct instanceof Y.Item) || !(struct.content instanceof Y.ContentString)) return
    const { parent } = struct
    if (parent instanceof Y.XmlText && parent._item?.deleted && orderOf(struct.lastId) !== null) found.add(parent)
  })
  return found
}

/** What a deleted text said until this transaction, with what was erased in it here before if that is asked for. */
function lettersOf(text: Y.XmlText, transaction: Y.Transaction, orderOf: Authorship, withErased = false): Letter[] {
  const letters: Letter[] = []
  for (let item = text._start; item !== null; item = item.right) {
    if (!(item.content instanceof Y.ContentString)) continue
    const erased = !Y.isDeleted(transaction.deleteSet, item.id)
    if (erased && !(withErased && orderOf(item.id) !== null)) continue
    const { client, clock } = item.id
    item.content.str
      .split('')
      .forEach((letter, at) => letters.push({ letter, mine: orderOf(Y.createID(client, clock + at)), erased }))
  }
  return letters
}

/** Writes into a copy what it lacks. */
function complete({ text, places }: Run, lost: [number, string][]): void {
  // From the end, so that the places before stay where they are.
  for (const [at, words] of lost.reverse()) {
    const before = places[at - 1]
    text.insert(before === undefined ? (places[0] ?? 0) : before + 1, words)
  }
}

/** Writes into a copy what it lacks, and takes out of it what was erased here meanwhile. */
function correct(letters: Letter[], said: string, parts: Part[]): boolean {
  for (const { text, letters: copy, places, sameBlock } of parts) {
    if (!sameBlock && (copy.length < TELLING || copy.length * 2 < said.length)) continue
    const turns = corrections(letters, copy)
    // From the end, so that the places before stay where they are.
    for (const { at, erase, words } of turns.reverse()) {
      const before = places[at - 1]
      if (erase) text.delete(places[at] ?? 0, 1)
      else text.insert(before === undefined ? (places[0] ?? 0) : before + 1, words)
    }
    if (turns.length > 0) return true
  }
  return false
}

interface Correction {
  /** A letter of the copy: it is erased, or the words stand before it. */
  at: number
  erase: boolean
  words: string
}

/** How a copy comes to say what the text did; nothing when it is no copy. */
function corrections(letters: Letter[], copy: string): Correction[] {
  const found: Correction[] = []
  let at = 0
  for (const { letter, mine, erased } of letters) {
    const last = found.at(-1)
    if (copy[at] === letter) {
      if (erased) found.push({ at, erase: true, words: '' })
      at += 1
    } else if (erased || mine === null) continue
    else if (last && !last.erase && last.at === at) last.words += letter
    else found.push({ at, erase: false, words: letter })
  }
  return at === copy.length && found.some(({ erase }) => !erase) ? found : []
}

/** Pieces of text that others wrote in this transaction and that are there. */
function newRuns(transaction: Y.Transaction): Run[] {
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
  return [...texts].flatMap((text) => runsIn(text, isNew))
}

/** The pieces of a text that are new, each of one author. */
export function runsIn(text: Y.XmlText, isNew: (item: Y.Item) => boolean): Run[] {
  const runs: Run[] = []
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
function leftBehind(transaction: Y.Transaction, orderOf: Authorship): Tail[] {
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
        else if (tail.taken !== '' && orderOf(item.id) !== null) {
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

/**
 * The words written here that a copy lacks, each with its place in the copy. Null when it is no copy: when it says
 * something that the text did not, or lacks nothing.
 */
export function missing(letters: Letter[], copy: string): [number, string][] | null {
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

/** What of a run may be the copy of a text. */
interface Part extends Run {
  /** It is known by the id of its block. */
  sameBlock: boolean
}

/** The whole run, or what follows the text before if both were joined and copied into a new block. */
function partFor(text: Y.XmlText, run: Run, transaction: Y.Transaction): Part {
  const sameBlock = isSameBlock(text, run.text)
  const wasThere = ({ id, deleted }: Y.Item): boolean =>
    deleted ? Y.isDeleted(transaction.deleteSet, id) : id.clock < (transaction.beforeState.get(id.client) ?? 0)
  const before = textBefore(text, wasThere)
  if (sameBlock || !before || !isSameBlock(before, run.text)) return { ...run, sameBlock }
  const start = lettersOf(before, transaction, () => null).map(({ letter }) => letter)
  if (run.letters.length === start.length || !run.letters.startsWith(start.join(''))) return { ...run, sameBlock }
  const [letters, places] = [run.letters.slice(start.length), run.places.slice(start.length)]
  return { ...run, letters, places, sameBlock: true }
}

/** The same where the copy ends a longer text, that of blocks which were joined into a new one. */
function missingAtEnd(letters: Letter[], copy: string): [number, string][] | null {
  const unseen = letters.flatMap((one) => (one.mine === null ? [] : [one.mine])).sort((a, b) => b - a)
  for (const since of [Infinity, ...unseen.slice(0, UNSEEN)]) {
    const isSeen = ({ mine }: Letter): boolean => mine === null || mine < since
    const seen = letters.filter(isSeen)
    if (seen.length < TELLING || seen.length * 2 < letters.length) return null
    if (!copy.endsWith(seen.map(({ letter }) => letter).join(''))) continue
    const lost = new Map<number, string>()
    let at = copy.length - seen.length
    for (const one of letters) {
      if (isSeen(one)) at += 1
      else lost.set(at, (lost.get(at) ?? '') + one.letter)
    }
    return lost.size > 0 ? [...lost] : null
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

function isSameBlock(one: Y.XmlText, other: Y.XmlText): boolean {
  const id = blockId(one)
  return id !== undefined && id === blockId(other)
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
  const found = block.toArray().find((part) => part instanceof Y.XmlText)
  if (found) return found
  const fresh = new Y.XmlText()
  block.insert(0, [fresh])
  return fresh
}

const isThere = (item: Y.Item): boolean => !item.deleted

/** The text right before that of a block, whatever blocks stand around either; `counts` says which items are looked at. */
function textBefore(text: Y.XmlText, counts = isThere): Y.XmlText | null {
  for (let block = text.parent; block instanceof Y.XmlElement; block = block.parent) {
    for (let item = block._item?.left ?? null; item !== null; item = item.left) {
      if (counts(item) && item.content instanceof Y.ContentType) return lastText(item.content.type, counts)
    }
  }
  return null
}

function lastText(type: unknown, counts: (item: Y.Item) => boolean): Y.XmlText | null {
  if (type instanceof Y.XmlText) return type
  if (!(type instanceof Y.XmlElement)) return null
  let last = null
  for (let item = type._start; item !== null; item = item.right) if (counts(item)) last = item
  return last?.content instanceof Y.ContentType ? lastText(last.content.type, counts) : null
}
