/**
 * What became of a deleted block when that is no mere copy, because whoever made it went on writing in it or split it.
 */
import * as Y from 'yjs'
import { blockId, idOf, textIn } from './block'
import { unseenWords, type Letter } from './missing'
import { insertion, TELLING, type Insertion, type Run } from './runs'
import { bestPlace, REACH } from './surroundings'

/** The words of a deleted text that nobody else had seen go where most of the letters around them are. */
export function intoChanged(
  text: Y.XmlText,
  letters: readonly Letter[],
  arrived: readonly Run[],
  transaction: Y.Transaction,
): Insertion[] {
  const unseen = unseenWords(letters)
  if (unseen.length === 0) return []
  const seen = letters.flatMap((one) => (one.unseen ? [] : [one.letter])).join('')
  const successor = successorOf(text, transaction)
  const author = successor?._item?.id.client ?? arrived.find((run) => resembles(run.letters, seen))?.author
  const runs = arrived.filter((run) => run.author === author && (successor !== null || resembles(run.letters, seen)))
  // Of equal places that in the block itself comes first.
  const isWithin = (run: Run): number => Number(run.text.parent === successor)
  runs.sort((one, other) => isWithin(other) - isWithin(one))
  const found: Insertion[] = []
  for (const [at, words] of unseen) {
    const [before, after] = [seen.slice(Math.max(0, at - REACH), at), seen.slice(at, at + REACH)]
    const places = runs.map((run) => ({ run, ...bestPlace(run.letters, before, after, at) }))
    const best = places.reduce<(typeof places)[number] | null>(
      (one, other) => (one === null || other.score > one.score ? other : one),
      null,
    )
    if (best) found.push(insertion(best.run, best.at, words))
    else if (successor) found.push({ text: textIn(successor), at: 0, words })
  }
  return found
}

/** Whether letters have half of a text in one piece. */
function resembles(letters: string, text: string): boolean {
  const length = Math.max(TELLING, Math.ceil(text.length / 2))
  for (let at = 0; at + length <= text.length; at += 1) if (letters.includes(text.slice(at, at + length))) return true
  return false
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
