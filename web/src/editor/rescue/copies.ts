/** What others wrote in a transaction, as the copies of deleted texts are looked for in it. */
import * as Y from 'yjs'
import { blockId } from './block'
import { unseenSince, type Letter } from './missing'
import { previousText } from './previousText'
import { rotations, TELLING, type Run } from './runs'

/** Copies that are held against deleted texts by their words alone: each takes microseconds, and holds the page up. */
const MOST_COMPARED = 100_000

/** Pairs of letters that are compared: more would hold the page up for seconds. */
const MOST_PAIRS = 50_000_000

/** Somebody may have made headings of thousands of blocks. */
export class Copies {
  private compared = 0
  private pairs = 0
  readonly all: readonly Run[]
  private readonly byBlock = new Map<unknown, Run[]>()
  private readonly byWords = new Map<string, Run>()
  private everything: string | undefined

  constructor(readonly arrived: readonly Run[]) {
    this.all = arrived.flatMap(rotations)
    for (const run of this.all) {
      const id = blockId(run.text)
      if (id !== undefined) this.byBlock.set(id, [...(this.byBlock.get(id) ?? []), run])
      if (run.letters.length >= TELLING && !this.byWords.has(run.letters)) this.byWords.set(run.letters, run)
    }
  }

  ofBlock(id: unknown): readonly Run[] {
    return this.byBlock.get(id) ?? []
  }

  /** Those that say enough to be known as a copy, or that a text was joined to. */
  like(text: Y.XmlText, letters: readonly Letter[]): readonly Run[] {
    this.compared += this.all.length
    if (this.compared > MOST_COMPARED) return []
    const before = previousText(text)
    return this.all.filter(
      (run) =>
        (run.letters.length >= TELLING && run.letters.length * 2 >= letters.length) ||
        (run.text === before && unseenSince(letters, run.letters) !== null),
    )
  }

  /** One that says just that, if it says enough to be known. */
  saying(words: string): Run | undefined {
    return this.byWords.get(words)
  }

  /** Whether two texts may still be compared letter by letter. */
  mayCompare(one: string, other: string): boolean {
    this.pairs += one.length * other.length
    return this.pairs <= MOST_PAIRS
  }

  /** Whether somebody put these words anywhere. */
  have(words: string): boolean {
    this.everything ??= this.arrived.map(({ letters }) => letters).join('\0')
    return this.everything.includes(words)
  }
}
