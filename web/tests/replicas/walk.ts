/**
 * A walk: people write words that occur nowhere else, while some of them change the blocks that all write in, over
 * networks that are late and go away for a while. A seed repeats it.
 */
import type { Editor } from '@tiptap/core'
import type { Node } from '@tiptap/pm/model'
import { TextSelection } from '@tiptap/pm/state'
import * as Y from 'yjs'
import schema from '../../src/editor/schema/schema.json'
import { Chance } from './chance'
import { Replica } from './replica'
import { settled } from './settled'
import { spoken } from './words'

const WRITERS = 3
const STEPS = 300
/** How likely somebody takes in what has come, rather than writes. */
const HEARS = 0.3
/** How likely somebody who changes blocks does so between two words. */
const CHANGES = 0.5
/** How likely somebody who erases does so between two words. */
const ERASES = 0.3
/** How likely deletions come ahead, where they do. */
const COMES_EARLY = 0.3
/** How likely a network goes away, for ten to thirty-five steps of its person. */
const CUTS = 0.01

/** What people do beside writing. */
interface Doings {
  /** So many of them change blocks. */
  changers?: number
  /** All of them erase letters. */
  erase?: boolean
  /** Deletions often come ahead of what was written with them. */
  early?: boolean
  /** So many words stand in each paragraph at first. */
  length?: number
}

/** How a walk ended. */
export interface Walked {
  /** All words that were written, whatever became of them. */
  words: string[]
  /** Those that one person wrote in a row. */
  phrases: string[][]
  /** What everybody has in the end. */
  text: string
  /** What was typed into each block, and erased from it, while nobody changed blocks. */
  typed: string[]
  erased: string[]
}

/** Walks. Throws if not all have the same in the end. */
export async function walk(
  seed: number,
  { changers = 0, erase = false, early = false, length = 4 }: Doings,
): Promise<Walked> {
  const chance = new Chance(seed)
  const words = new Words(chance)
  const server = new Server()
  const start = document(words, length)
  server.hear(start)
  const people = Array.from({ length: WRITERS }, (_, at) => {
    const replica = new Replica(100 + chance.below(1_000_000), start)
    return new Person(replica, server, { changes: at < changers, erases: erase, early }, chance, words)
  })
  await settled()
  server.typed.push(...(people[0]?.blocks.map(({ node }) => node.textContent) ?? []))
  for (let step = 0; step < STEPS; step += 1) {
    chance.of(people).act()
    await settled()
  }
  for (const person of people) person.finish()
  // What is put right when it is heard of is news for the others.
  for (let round = 0; round < 6; round += 1) {
    for (const person of people) person.send()
    for (const person of people) person.hear()
    await settled()
  }
  const texts = new Set(people.map(({ text }) => text))
  for (const { replica } of people) replica.close()
  const [text = ''] = texts
  if (texts.size > 1) throw new Error(`walk ${seed} ended with ${[...texts].join('\n')}`)
  const { typed, erased } = server
  const phrases = people.flatMap((person) => person.phrases)
  return { words: words.all, phrases, text, typed, erased }
}

/** Four paragraphs of so many words. */
function document(words: Words, length: number): Uint8Array {
  const base = new Y.Doc()
  base.clientID = 1
  for (let block = 0; block < 4; block += 1) {
    const paragraph = new Y.XmlElement('paragraph')
    paragraph.insert(0, [new Y.XmlText(Array.from({ length }, () => `${words.next()} `).join(''))])
    base.getXmlFragment(schema.fragment).push([paragraph])
  }
  return Y.encodeStateAsUpdate(base)
}

/** Words that can be spoken, none a part of another. */
class Words {
  readonly all: string[] = []

  constructor(private readonly chance: Chance) {}

  next(): string {
    for (;;) {
      const word = spoken(this.chance)
      if (this.all.some((one) => one.includes(word) || word.includes(one))) continue
      this.all.push(word)
      return word
    }
  }
}

/** What everybody wrote, in the order in which it came. */
class Server {
  readonly log: { update: Uint8Array; by: Person }[] = []
  readonly doc = new Y.Doc()
  readonly typed: string[] = []
  readonly erased: string[] = []

  hear(update: Uint8Array, by?: Person): void {
    Y.applyUpdate(this.doc, update)
    if (by) this.log.push({ update, by })
  }
}

class Person {
  private heard = 0
  private away = 0
  private returns = false
  readonly phrases: string[][] = [[]]
  /** What is left to be typed of a word. */
  private rest: string[] = []

  constructor(
    readonly replica: Replica,
    private readonly server: Server,
    private readonly does: { changes: boolean; erases: boolean; early: boolean },
    private readonly chance: Chance,
    private readonly words: Words,
  ) {}

  get text(): string {
    return this.blocks.map(({ node }) => node.textContent).join(' ¶ ')
  }

  act(): void {
    const { chance } = this
    if (this.away > 0) this.away -= 1
    else if (chance.next() < CUTS) [this.away, this.returns] = [10 + chance.below(25), true]
    if (chance.next() < HEARS) {
      if (this.away > 0) return
      if (this.returns) return this.catchUp()
      this.send()
      const waits = this.server.log.length - this.heard
      this.hear(chance.next() < 0.6 ? waits : chance.below(waits + 1))
    } else if (this.rest.length > 0) this.type(this.rest.shift() ?? '')
    else if (this.does.changes && chance.next() < CHANGES) this.change()
    else if (this.does.erases && chance.next() < ERASES) this.erase()
    else {
      if (chance.next() < HEARS) this.go()
      const word = this.words.next()
      this.phrases.at(-1)?.push(word)
      this.rest = [...word, ' ']
      this.type(' ')
    }
  }

  finish(): void {
    for (const letter of this.rest.splice(0)) this.type(letter)
  }

  send(): void {
    for (const update of this.replica.outgoing()) this.server.hear(update, this)
  }

  /** Takes in so many of what others wrote, as the server sends them: merged. */
  hear(count = Infinity): void {
    const news = this.server.log.slice(this.heard, this.heard + count)
    this.heard += news.length
    const updates = news.filter(({ by }) => by !== this).map(({ update }) => update)
    if (updates.length === 0) return
    const merged = Y.mergeUpdates(updates)
    const early = this.does.early && this.chance.next() < COMES_EARLY
    // Beyond what the server has there are only the deletions.
    if (early) this.replica.receive([Y.diffUpdate(merged, Y.encodeStateVector(this.server.doc))])
    this.replica.receive([merged])
  }

  /** Takes in what is missing after an absence, as the server tells it in one update, and says what the server lacks. */
  private catchUp(): void {
    const { doc } = this.server
    this.returns = false
    this.heard = this.server.log.length
    const news = Y.encodeStateAsUpdate(doc, Y.encodeStateVector(this.replica.doc))
    // It names all deletions, not only those that were made meanwhile.
    const answer = Y.encodeStateAsUpdate(this.replica.doc, Y.encodeStateVector(doc))
    this.replica.outgoing()
    this.server.hear(answer, this)
    this.replica.receive([news])
  }

  private get editor(): Editor {
    return this.replica.editor
  }

  get blocks(): { node: Node; start: number }[] {
    const found: { node: Node; start: number }[] = []
    this.editor.state.doc.descendants((node, at) => {
      if (node.isTextblock) found.push({ node, start: at + 1 })
      return !node.isTextblock
    })
    return found
  }

  private type(letter: string): void {
    this.note(this.server.typed, letter)
    this.editor.view.dispatch(this.editor.state.tr.insertText(letter))
  }

  /** Some letters before a place between two words. */
  private erase(): void {
    this.go()
    const { $from } = this.editor.state.selection
    const from = Math.max($from.start(), $from.pos - 1 - this.chance.below(8))
    this.note(this.server.erased, this.editor.state.doc.textBetween(from, $from.pos))
    this.editor.view.dispatch(this.editor.state.tr.delete(from, $from.pos))
  }

  private note(what: string[], letters: string): void {
    const block = this.editor.state.selection.$from.index(0)
    what[block] = (what[block] ?? '') + letters
  }

  /** To a place between two words: behind one without its blank somebody may be writing. */
  private go(): void {
    const { node, start } = this.chance.of(this.blocks)
    const places = [0]
    for (let at = 1; at <= node.textContent.length; at += 1) if (node.textContent[at - 1] === ' ') places.push(at)
    this.setCaret(start + this.chance.of(places))
  }

  private setCaret(at: number): void {
    this.phrases.push([])
    const { tr, doc } = this.editor.state
    this.editor.view.dispatch(tr.setSelection(TextSelection.near(doc.resolve(at))))
  }

  private change(): void {
    this.go()
    const { commands } = this.editor
    this.chance.of([
      () => commands.toggleHeading({ level: 2 }),
      () => commands.toggleBulletList(),
      () => commands.toggleTaskList(),
      () => commands.toggleBlockquote(),
      () => commands.keyboardShortcut('Enter'),
      () => {
        this.setCaret(this.editor.state.selection.$from.start())
        commands.keyboardShortcut('Backspace')
      },
    ])()
  }
}
