/** What is written again, and where. */
import type * as Y from 'yjs'
import type { InsertedRun } from './insertedRuns'

/** Words that are written into a text, or a letter that is erased there. */
export interface Change {
  text: Y.XmlText
  at: number
  words: string
  erase?: boolean
}

/** Words behind the first letters of a run. */
export function insertAfter(run: InsertedRun, letters: number, words: string): Change {
  const before = run.places[letters - 1]
  return { text: run.text, at: before === undefined ? (run.places[0] ?? 0) : before + 1, words }
}

/** Makes changes, from the end so that the places before stay where they are. */
export function apply(changes: Change[]): void {
  for (const { text, at, words, erase } of changes.toReversed().sort((one, other) => other.at - one.at)) {
    if (erase) text.delete(at, 1)
    else text.insert(at, words)
  }
}
