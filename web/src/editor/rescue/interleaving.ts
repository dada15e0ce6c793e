/**
 * Words that others' letters came into, while they were being written: somebody joins a block to what he has seen of
 * them, or writes there. Yjs puts what two people insert at one place one behind the other, whoever began a word before.
 */
import * as Y from 'yjs'
import { isNewIn, isNext, textsWritten } from './items'
import type { WrittenAt } from './letters'
import { RESCUED } from './origin'

const IN_WORD = /^[\p{L}\p{M}\p{N}]$/u

export const isInWord = (letter: string): boolean => IN_WORD.test(letter)

/** Where the word ends in whose middle a place is; the place itself if there is none. */
export function endOfWord(text: Y.XmlText, at: number): number {
  let index = 0
  let end = at
  for (let item = text._start; item !== null; item = item.right) {
    if (item.deleted || !item.countable) continue
    const letters = item.content instanceof Y.ContentString ? item.content.str : ' '.repeat(item.length)
    if (index + item.length >= at) {
      for (const [offset, letter] of letters.split('').entries()) {
        if (index + offset < at - 1) continue
        if (!isInWord(letter)) return end
        if (index + offset >= at) end += 1
      }
    }
    index += item.length
  }
  return end
}

interface Interrupted {
  text: Y.XmlText
  /** Behind the beginning of the word. */
  to: number
  /** What was written on behind others' letters, in as many pieces as those came into. */
  rest: Piece[]
}

interface Piece {
  at: number
  letters: string
  last: Y.ID
}

/** Writes the rest of each such word, and what follows it, to its beginning. */
export function joinInterleavedWords(doc: Y.Doc, transaction: Y.Transaction, writtenAt: WrittenAt): void {
  for (const text of textsWritten(transaction)) {
    // From the end, so that the places before stay where they are.
    for (const { to, rest } of interruptedIn(text, transaction, writtenAt).reverse()) {
      doc.transact(() => {
        for (const { at, letters } of rest.toReversed()) text.delete(at, letters.length)
      })
      doc.transact(() => text.insert(to, rest.map(({ letters }) => letters).join('')), RESCUED)
    }
  }
}

/** The end of a word that may go on behind letters which others wrote meanwhile. */
interface WordStart {
  letter: string
  /** Where it ends. */
  end: number
  last: Y.ID
  /** What others wrote behind it, and what of that is gone again. */
  others: Y.Item[]
}

function interruptedIn(text: Y.XmlText, transaction: Y.Transaction, writtenAt: WrittenAt): Interrupted[] {
  const found: Interrupted[] = []
  const isOthersNew = (item: Y.Item): boolean => isNewIn(transaction, item) && writtenAt(item.id) === null
  let begun: WordStart | null = null
  let rest: Piece | null = null
  let index = 0
  for (let item = text._start; item !== null; item = item.right) {
    const { content } = item
    if (isOthersNew(item) && (item.deleted || content instanceof Y.ContentString)) {
      if (!item.deleted) rest = null
      begun?.others.push(item)
    } else if (item.deleted) continue
    else if (!(content instanceof Y.ContentString)) {
      if (item.countable) begun = rest = null
    } else {
      const letters = content.str
      if (writtenAt(item.id) === null) rest = null
      else if (rest && Y.compareIDs(item.origin, rest.last)) {
        rest.letters += letters
        rest.last = item.lastId
      } else if (begun && goesOn(begun, item, letters)) {
        rest = { at: index, letters, last: item.lastId }
        const before = found.at(-1)
        // The beginning may be the rest of an earlier one.
        if (before?.rest.at(-1)?.last === begun.last) before.rest.push(rest)
        else found.push({ text, to: begun.end, rest: [rest] })
      } else rest = null
      begun = { letter: letters.slice(-1), end: index + item.length, last: rest?.last ?? item.lastId, others: [] }
    }
    if (item.countable && !item.deleted) index += item.length
  }
  return found
}

/** Whether letters were typed right behind the end of a word that others' letters follow, whose author had not seen them. */
function goesOn({ letter, last, others }: WordStart, item: Y.Item, letters: string): boolean {
  return (
    others.some(({ deleted }) => !deleted) &&
    !others.some(({ rightOrigin }) => isAt(rightOrigin, item)) &&
    isNext(item.id, last) &&
    isInWord(letter) &&
    isInWord(letters.charAt(0))
  )
}

/** Whether a letter is one of an item's. */
function isAt(id: Y.ID | null, item: Y.Item): boolean {
  return (
    id !== null && id.client === item.id.client && id.clock >= item.id.clock && id.clock < item.id.clock + item.length
  )
}
