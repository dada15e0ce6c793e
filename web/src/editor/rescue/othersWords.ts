/**
 * What an undo or redo leaves: others' words in a block that it takes away.
 *
 * Undoing a list, a table or a new item takes the block away in which somebody else has written meanwhile. Where the
 * same turn brings back the block as it was before, their words go there with it, in this browser: their authors may
 * have left, and two who wrote them would double them at the next redo. Where it brings nothing back, the block stays,
 * with their words alone.
 */
import * as Y from 'yjs'
import { blockId } from './block'
import { insertAfter } from './changes'
import { missingIn } from './exactCopy'
import { runsIn, type InsertedRun } from './insertedRuns'
import { forgetPlaces, isNewIn, newItems } from './items'
import { TELLING, type Letter, type Missing } from './letters'

/** They hold no words, and are content all the same. */
const THINGS = new Set(['image', 'horizontalRule', 'pageBreak', 'unknownBlock'])

/** One undo or redo. */
interface Turn {
  transaction: Y.Transaction
  taken: Set<Y.Item>
  brought: InsertedRun[]
}

interface Move {
  run: InsertedRun
  words: Missing[]
}

const kept = new WeakSet<Y.UndoManager>()

/** Has an undo manager do so, however often it is asked. */
export function keepOthersWords(history: Y.UndoManager): void {
  if (kept.has(history)) return
  kept.add(history)
  const mayGo = history.deleteFilter
  let turn: Turn | null = null
  history.deleteFilter = (item) => {
    const transaction = history.doc._transaction
    if (!transaction) return mayGo(item)
    if (turn?.transaction !== transaction) turn = { transaction, taken: new Set(), brought: broughtBack(transaction) }
    const goes = isElement(item) ? takeAway(item.content.type, turn) : mayGo(item)
    if (goes) turn.taken.add(item)
    return goes
  }
  history.on('stack-item-popped', () => (turn = null))
}

type ElementItem = Y.Item & { content: Y.ContentType & { type: Y.XmlElement } }

const isElement = (item: Y.Item): item is ElementItem =>
  item.content instanceof Y.ContentType && item.content.type instanceof Y.XmlElement

/** Whether an element may go: the words in it are where they belong then. */
function takeAway(element: Y.XmlElement, turn: Turn): boolean {
  const texts = textsLeft(element)
  if (texts === null) return false
  const moves: Move[] = []
  for (const text of texts) {
    const move = homeOf(text, turn)
    if (move === null) return false
    moves.push(move)
  }
  for (const { run, words } of moves) {
    // From the end, so that the places before stay where they are.
    for (const { at, words: letters } of words.toReversed()) write(run, at, letters, turn)
  }
  return true
}

function write(run: InsertedRun, at: number, letters: string, { brought }: Turn): void {
  const { at: place } = insertAfter(run, at, letters)
  // Yjs forgets the places that it remembers only when the turn ends.
  forgetPlaces(run.text)
  run.text.insert(place, letters)
  for (const other of brought) {
    if (other.text === run.text) other.places = other.places.map((one) => (one < place ? one : one + letters.length))
  }
}

/** The texts in an element that say something still; null if there is another thing, such as a picture. */
function textsLeft(element: Y.XmlElement): Y.XmlText[] | null {
  const found: Y.XmlText[] = []
  for (const child of element.toArray()) {
    if (child instanceof Y.XmlText) {
      if (child.length > 0) found.push(child)
    } else if (child instanceof Y.XmlElement) {
      const inside = THINGS.has(child.nodeName) ? null : textsLeft(child)
      if (inside === null) return null
      found.push(...inside)
    }
  }
  return found
}

/** What this turn brought back: that comes before anything goes. */
function broughtBack(transaction: Y.Transaction): InsertedRun[] {
  const own = transaction.doc.clientID
  const isNew = (item: Y.Item): boolean => item.id.client === own && isNewIn(transaction, item)
  const texts = new Set<Y.XmlText>()
  for (const { content, parent } of newItems(transaction, own).reverse()) {
    if (content instanceof Y.ContentString && parent instanceof Y.XmlText) texts.add(parent)
  }
  return [...texts].flatMap((text) => runsIn(text, isNew))
}

/** Where the words that are left in a text belong. */
function homeOf(text: Y.XmlText, { brought, taken }: Turn): Move | null {
  const letters = lettersOf(text, taken)
  const known = letters.filter(({ writtenAt }) => writtenAt === null).length
  const id = blockId(text)
  for (const run of brought) {
    const isSame = id !== undefined && id === blockId(run.text)
    if (run.text === text || (!isSame && (known < TELLING || run.letters.length < TELLING))) continue
    const words = missingIn(run.letters, letters)
    if (words?.length) return { run, words }
  }
  return null
}

/** The letters of a text before this turn; those that are left are numbered. */
function lettersOf(text: Y.XmlText, taken: Set<Y.Item>): Letter[] {
  const letters: Letter[] = []
  for (let item = text._start; item !== null; item = item.right) {
    if (!(item.content instanceof Y.ContentString) || (item.deleted && !taken.has(item))) continue
    for (const letter of item.content.str.split(''))
      letters.push({ letter, writtenAt: item.deleted ? null : letters.length, unseen: !item.deleted, erased: false })
  }
  return letters
}
