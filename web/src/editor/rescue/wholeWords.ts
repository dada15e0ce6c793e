/**
 * Words that others' letters came into, while they were being written: somebody joins a block to what he has seen of
 * them, or writes there. Yjs puts what two people insert at one place one behind the other, whoever began a word before.
 */
import * as Y from 'yjs'
import type { OrderOf } from './leftBehind'
import { RESCUED } from './origin'
import { textsWritten } from './runs'

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

interface Parted {
  text: Y.XmlText
  /** Behind the beginning of the word. */
  to: number
  /** What was written on behind the others' letters: where it stands, and what it says. */
  from: number
  letters: string
  last: Y.ID
}

/** Writes the rest of each such word, and what follows it, to its beginning. */
export function keepWordsWhole(doc: Y.Doc, transaction: Y.Transaction, orderOf: OrderOf): void {
  for (const text of textsWritten(transaction)) {
    // From the end, so that the places before stay where they are.
    for (const { to, from, letters } of partedIn(text, transaction, orderOf).reverse()) {
      doc.transact(() => text.delete(from, letters.length))
      doc.transact(() => text.insert(to, letters), RESCUED)
    }
  }
}

/** The end of a word that may go on behind letters which others wrote meanwhile. */
interface Begun {
  letter: string
  /** Where it ends. */
  end: number
  last: Y.ID
  others: Y.Item | null
}

function partedIn(text: Y.XmlText, { beforeState }: Y.Transaction, orderOf: OrderOf): Parted[] {
  const found: Parted[] = []
  const isOthersNew = ({ id }: Y.Item): boolean => id.clock >= (beforeState.get(id.client) ?? 0) && orderOf(id) === null
  let begun: Begun | null = null
  let rest: Parted | null = null
  let index = 0
  for (let item = text._start; item !== null; item = item.right) {
    if (item.deleted) continue
    const { content } = item
    if (!(content instanceof Y.ContentString)) {
      if (item.countable) begun = rest = null
    } else if (isOthersNew(item)) {
      rest = null
      if (begun) begun.others ??= item
    } else {
      const letters = content.str
      if (orderOf(item.id) === null) rest = null
      else if (rest && Y.compareIDs(item.origin, rest.last)) {
        rest.letters += letters
        rest.last = item.lastId
      } else {
        rest =
          begun && goesOn(begun, item, letters)
            ? { text, to: begun.end, from: index, letters, last: item.lastId }
            : null
        if (rest) found.push(rest)
      }
      begun = { letter: letters.slice(-1), end: index + item.length, last: item.lastId, others: null }
    }
    if (item.countable) index += item.length
  }
  return found
}

/** Whether letters were typed right behind the end of a word that others' letters follow, whose author had not seen them. */
function goesOn({ letter, last, others }: Begun, item: Y.Item, letters: string): boolean {
  return (
    others !== null &&
    !isAt(others.rightOrigin, item) &&
    last.client === item.id.client &&
    last.clock + 1 === item.id.clock &&
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
