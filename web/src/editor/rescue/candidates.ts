/** What others wrote in a transaction, as the copies of deleted texts are looked for in it. */
import * as Y from 'yjs'
import { pairsOf } from './align'
import { blockId, idOf, linesOf } from './block'
import { unseenSince } from './exactCopy'
import { rotations, type InsertedRun } from './insertedRuns'
import { newItems, others } from './items'
import { TELLING, type Letter } from './letters'
import { previousWords } from './previousText'

/** Candidates that are held against deleted texts by their words alone: that holds the page up. */
const MOST_COMPARED = 100_000

/** Pairs of letters that are compared: more would hold the page up for seconds. */
const MOST_PAIRS = 50_000_000

/** Somebody may have made headings of thousands of blocks. */
export class Candidates {
  private compared = 0
  private pairs = 0
  private readonly all: readonly InsertedRun[]
  private readonly byBlock = new Map<unknown, InsertedRun[]>()
  private readonly byWords = new Map<string, InsertedRun>()
  private readonly lines = new Map<unknown, Map<Y.XmlText, number>>()
  private blocks: Map<unknown, Y.XmlElement> | undefined
  private everything: string | undefined

  constructor(
    readonly arrived: readonly InsertedRun[],
    private readonly transaction: Y.Transaction,
  ) {
    this.all = arrived.flatMap(rotations)
    for (const run of this.all) {
      const id = blockId(run.text)
      if (id !== undefined) {
        const runs = this.byBlock.get(id)
        if (runs) runs.push(run)
        else this.byBlock.set(id, [run])
      }
      if (run.letters.length >= TELLING && !this.byWords.has(run.letters)) this.byWords.set(run.letters, run)
    }
  }

  inBlock(id: unknown): readonly InsertedRun[] {
    return this.byBlock.get(id) ?? []
  }

  /** The block that others made in the place of one with this id. */
  successor(id: unknown): Y.XmlElement | null {
    this.blocks ??= this.newBlocks()
    return (id !== undefined && this.blocks.get(id)) || null
  }

  /** Which of the lines of its block a run stands in, of those that say something. */
  lineOf({ text }: InsertedRun): number {
    const { parent } = text
    const lines = this.lines.get(parent) ?? linesOf(text, (one) => !one._item?.deleted && one.length > 0)
    this.lines.set(parent, lines)
    return lines.get(text) ?? 0
  }

  /** Those that say enough to be known as a copy, or that a text was joined to. */
  resembling(text: Y.XmlText, letters: readonly Letter[]): readonly InsertedRun[] {
    this.compared += this.all.length
    if (this.compared > MOST_COMPARED) return []
    const before = previousWords(text)
    return this.all.filter(
      (run) =>
        (run.letters.length >= TELLING && run.letters.length * 2 >= letters.length) ||
        (run.text === before && unseenSince(letters, run.letters) !== null),
    )
  }

  /** One that says just that, if it says enough to be known. */
  saying(words: string): InsertedRun | undefined {
    return this.byWords.get(words)
  }

  /** Whether two texts may still be compared letter by letter. */
  mayCompare(one: string, other: string): boolean {
    this.pairs += pairsOf(one, other)
    return this.pairs <= MOST_PAIRS
  }

  /** Whether somebody put these words anywhere. */
  contain(words: string): boolean {
    this.everything ??= this.arrived.map(({ letters }) => letters).join('\0')
    return this.everything.includes(words)
  }

  private newBlocks(): Map<unknown, Y.XmlElement> {
    const found = new Map<unknown, Y.XmlElement>()
    for (const client of others(this.transaction)) {
      for (const { content } of newItems(this.transaction, client).reverse()) {
        if (!(content instanceof Y.ContentType) || !(content.type instanceof Y.XmlElement)) continue
        const id = idOf(content.type)
        if (id !== undefined && !found.has(id)) found.set(id, content.type)
      }
    }
    return found
  }
}
