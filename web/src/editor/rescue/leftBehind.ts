/** Words typed into the end of a block that somebody else takes elsewhere at the same moment, by a split. */
import * as Y from 'yjs'
import { RESCUED } from './origin'
import { previousText } from './previousText'
import { TELLING, type Run } from './runs'

/** Tells what was written here from what others wrote, and in which order it was. */
export type OrderOf = (id: Y.ID) => number | null

/** The end of a text that others took away, and what was written in it here, which they had not seen. */
interface Tail {
  text: Y.XmlText
  taken: string
  /** How many of the taken letters stand before these words, where they are now, and what they say. */
  words: { behind: number; at: number; letters: string }[]
}

/** Texts whose end went elsewhere without the words that were written in it here. */
export function leftBehind(transaction: Y.Transaction, orderOf: OrderOf): Tail[] {
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
export function moveAlong(doc: Y.Doc, { text, taken, words }: Tail, arrived: Run[]): void {
  for (const run of arrived) {
    const at = run.letters.indexOf(taken)
    if (run.text === text || at < 0 || (run.letters !== taken && taken.length < TELLING)) continue
    // A split makes a new text behind this one, its undo goes on in the one before; what was cut and pasted elsewhere
    // leaves the rest where it is.
    const split = run.fresh && previousText(run.text) === text
    if (!split && previousText(text) !== run.text) continue
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
