/** Words that somebody types into a block while another replaces it. */
import { expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { rescueWords } from '../../src/editor/rescue'
import { takeUpdate } from '../../src/sync/connection/updates'

class Person {
  readonly doc = new Y.Doc()
  readonly blocks = this.doc.getXmlFragment('default')

  constructor(base?: Person) {
    if (base) this.hear(base)
    rescueWords(this.doc, (origin) => origin === this)
  }

  hear(...others: Person[]): void {
    const updates = others.map((other) => Y.encodeStateAsUpdate(other.doc))
    takeUpdate(this.doc, Y.mergeUpdates(updates), this)
  }

  /** What this person writes from now on. */
  recorded(): Uint8Array[] {
    const updates: Uint8Array[] = []
    this.doc.on('update', (update: Uint8Array) => updates.push(update))
    return updates
  }

  write(words: string, id: string | null = null, name = 'paragraph', at = this.blocks.length): void {
    const element = new Y.XmlElement(name)
    if (id !== null) element.setAttribute('id', id)
    element.insert(0, [new Y.XmlText(words)])
    this.blocks.insert(at, [element])
  }

  type(words: string, at: number, block = 0): void {
    this.line(block).insert(at, words)
  }

  erase(at: number, block = 0, letters = 1): void {
    this.line(block).delete(at, letters)
  }

  convert(words: string, id: string | null = null): void {
    this.doc.transact(() => {
      this.blocks.delete(0, 1)
      this.write(words, id, 'heading', 0)
    })
  }

  private line(block: number): Y.XmlText {
    return (this.blocks.get(block) as Y.XmlElement).get(0) as Y.XmlText
  }

  get text(): string {
    return this.blocks
      .toArray()
      .map((block) => (block as Y.XmlElement).toArray().join(''))
      .join(' | ')
  }
}

function agree(...people: Person[]): string {
  for (let round = 0; round < 2; round += 1) for (const person of people) person.hear(...people)
  expect(new Set(people.map((person) => person.text)).size).toBe(1)
  return people[0]?.text ?? ''
}

test('words of two people are written into the copy, each once', () => {
  const first = new Person()
  first.write('alpha beta gamma')
  const [second, third, reader] = [new Person(first), new Person(first), new Person(first)]
  first.convert('alpha beta gamma')
  second.type('TWO ', 6)
  third.type(' THREE', 16)
  expect(agree(first, second, third, reader)).toBe('alpha TWO beta gamma THREE')
})

/** Splits a block as the binding does. */
function splitOff(person: Person, block: number, at: number, tail: string): void {
  person.doc.transact(() => {
    person.erase(at, block, tail.length)
    person.write(tail, null, 'paragraph', block + 1)
  })
}

/** Makes a heading of the paragraph of these lines. */
function convertLines(person: Person, ...lines: string[]): void {
  person.doc.transact(() => {
    person.blocks.delete(0, 1)
    person.write('', 'poem', 'heading', 0)
    putLines(person, lines)
  })
}

function putLines({ blocks }: Person, lines: string[]): void {
  const block = blocks.get(0) as Y.XmlElement
  block.delete(0, block.length)
  block.insert(
    0,
    lines.flatMap((line, at) => [...(at > 0 ? [new Y.XmlElement('hardBreak')] : []), new Y.XmlText(line)]),
  )
}

test.each([
  [['So', 'So long'], ['So', 'So long'], 'So<hardbreak></hardbreak>So long'],
  [['Tel 01', 'Tel 0'], ['Tel 01', 'Tel 0'], 'Tel 01<hardbreak></hardbreak>Tel 0'],
  [['one', 'two', 'one two'], ['one', 'two', 'one two'], 'one<hardbreak></hardbreak>two<hardbreak></hardbreak>one two'],
  // The copier takes the first line out.
  [['So', 'So long'], ['So long'], 'So long'],
])('lines %j of one block that are copied as %j get nothing of each other', (lines, copied, expected) => {
  const author = new Person()
  author.write('', 'poem')
  putLines(author, lines)
  const copier = new Person(author)
  convertLines(copier, ...copied)
  expect(agree(author, copier)).toBe(expected)
})

test('words typed into a line go into the copy of that line', () => {
  const author = new Person()
  author.write('', 'poem')
  putLines(author, ['a', 'a', 'ab'])
  const copier = new Person(author)
  convertLines(copier, 'a', 'a', 'ab')
  ;((author.blocks.get(0) as Y.XmlElement).get(2) as Y.XmlText).insert(1, 'b')
  expect(agree(author, copier).replaceAll('<hardbreak></hardbreak>', '/')).toBe('a/ab/ab')
})

test('a block whose words begin with those of another gets nothing from it', () => {
  const author = new Person()
  author.write('Chapter', 'one')
  author.write('Chapter two', 'two')
  const copier = new Person(author)
  copier.doc.transact(() => {
    copier.blocks.delete(0, 2)
    copier.write('Chapter', 'one', 'heading')
    copier.write('Chapter two', 'two', 'heading')
  })
  expect(agree(author, copier)).toBe('Chapter | Chapter two')
})

test.each([
  ['a paragraph of its own', (copier: Person) => copier.write('first words, '), 'the rest | end | first words, '],
  ['the next paragraph', (copier: Person) => copier.type(' first words, ', 3, 1), 'the rest | end first words, '],
])('what was cut and pasted into %s does not take the rest along', (_, paste, expected) => {
  const author = new Person()
  author.write('first words, the rest')
  author.write('end')
  const copier = new Person(author)
  copier.doc.transact(() => {
    ;((copier.blocks.get(0) as Y.XmlElement).get(0) as Y.XmlText).delete(0, 13)
    paste(copier)
  })
  expect(agree(author, copier)).toBe(expected)
})

test('a short block is known by its id', () => {
  const first = new Person()
  first.write('x', 'b1')
  const second = new Person(first)
  first.convert('x', 'b1')
  second.type(' yes', 1)
  expect(agree(first, second)).toBe('x yes')
})

test('a short block is known by the text before, which it is joined to', () => {
  const first = new Person()
  first.write('alpha')
  first.write('x')
  const second = new Person(first)
  second.type('y', 1, 1)
  first.hear(second)
  first.doc.transact(() => {
    first.blocks.delete(1, 1)
    first.type('xy', 5)
  })
  second.type(' yes', 2, 1)
  expect(agree(first, second)).toBe('alphaxy yes')
})

test('words of a block that was only deleted stay deleted, whatever else arrives', () => {
  const first = new Person()
  first.write('alpha beta gamma')
  first.write('other')
  const second = new Person(first)
  second.type('NEW ', 6)
  first.doc.transact(() => first.blocks.delete(0, 1))
  first.type(' a', 5)
  expect(agree(first, second)).toBe('other a')
})

test('words that the copier had seen are not written again', () => {
  const first = new Person()
  first.write('alpha beta gamma')
  const second = new Person(first)
  second.type('NEW ', 6)
  first.hear(second)
  first.convert('alpha NEW beta gamma')
  expect(agree(first, second)).toBe('alpha NEW beta gamma')
})

test('a copier who took words out on purpose keeps them out', () => {
  const first = new Person()
  first.write('alpha beta gamma')
  const second = new Person(first)
  second.type('NEW ', 6)
  first.hear(second)
  first.doc.transact(() => {
    first.type('', 0)
    const text = (first.blocks.get(0) as Y.XmlElement).get(0) as Y.XmlText
    text.delete(6, 4)
  })
  second.hear(first)
  first.convert('alpha beta gamma')
  expect(agree(first, second)).toBe('alpha beta gamma')
})

test.each([
  ['went on writing in it', (text: Y.XmlText) => text.insert(6, 'THEN '), 'alpha THEN beta gamma NEW'],
  ['took other words out of it', (text: Y.XmlText) => text.delete(0, 6), 'beta gamma NEW'],
  ['began with the same letters', (text: Y.XmlText) => text.insert(16, ' NOT'), 'alpha beta gamma NOT NEW'],
])('words are written into a copy whose maker %s', (_, change, everything) => {
  const first = new Person()
  first.write('alpha beta gamma', 'b1')
  const second = new Person(first)
  second.type(' NEW', 16)
  first.convert('alpha beta gamma', 'b1')
  change((first.blocks.get(0) as Y.XmlElement).get(0) as Y.XmlText)
  second.hear(first)
  first.hear(second)
  expect(agree(first, second).split(' ').sort()).toEqual(everything.split(' ').sort())
})

test('words are written into a changed copy also when somebody who had both passes it on', () => {
  const first = new Person()
  first.write('alpha beta gamma', 'b1')
  const second = new Person(first)
  second.type('NEW ', 6)
  const third = new Person(second)
  first.convert('alpha beta gamma', 'b1')
  ;((first.blocks.get(0) as Y.XmlElement).get(0) as Y.XmlText).insert(16, ' and more')
  third.hear(first)
  second.hear(third)
  expect(agree(first, second, third)).toBe('alpha NEW beta gamma and more')
})

test('words go along with a block that is joined to another and written in', () => {
  const first = new Person()
  first.write('intro', 'b1')
  first.write('alpha beta gamma', 'b2')
  const second = new Person(first)
  second.type('NEW ', 6, 1)
  first.doc.transact(() => {
    first.blocks.delete(1, 1)
    first.type('alpha beta gamma and more', 5)
  })
  second.hear(first)
  expect(agree(first, second)).toBe('introalpha NEW beta gamma and more')
})

test('words are written into a copy that comes after the block has gone', () => {
  const first = new Person()
  first.write('alpha beta gamma', 'b1')
  const second = new Person(first)
  second.type('NEW ', 6)
  const updates = first.recorded()
  first.write('earlier')
  first.convert('alpha beta gamma', 'b1')
  const [earlier, converted] = updates as [Uint8Array, Uint8Array]
  takeUpdate(second.doc, converted, second)
  takeUpdate(second.doc, earlier, second)
  expect(second.text).toBe('alpha NEW beta gamma | earlier')
})

/** Does something, change by change before the eyes of somebody. */
function shows(hearer: Person, person: Person, does: () => void): void {
  const updates = person.recorded()
  does()
  for (const update of updates) takeUpdate(hearer.doc, update, hearer)
}

test.each([false, true])(
  'words whose block was deleted for good are not taken for what others type later, letter by letter (%s)',
  (namesAll) => {
    const author = new Person()
    author.write('intro', 'b0')
    const other = new Person(author)
    author.write('the cat', 'b1')
    const deleter = new Person(author)
    author.type(' sat', 7, 1)
    shows(author, deleter, () => deleter.blocks.delete(1, 1))
    for (const letter of 'ehta') {
      if (namesAll) {
        other.hear(author)
        other.type(letter, 0)
        author.hear(other)
      } else shows(author, other, () => other.type(letter, 0))
    }
    expect(author.text).toBe('atheintro')
  },
)

test('nor are those of a line, or of a short block that others had begun', () => {
  const base = new Person()
  base.write('', 'poem')
  putLines(base, ['first', 'second one', 'third'])
  base.write('ab', 'b1')
  const [author, deleter, other] = [new Person(base), new Person(base), new Person(base)]
  const line = ({ blocks }: Person, at: number) => (blocks.get(0) as Y.XmlElement).get(at) as Y.XmlText
  line(author, 2).insert(10, ' NEW')
  author.type('cdef', 2, 1)
  shows(author, deleter, () => {
    ;(deleter.blocks.get(0) as Y.XmlElement).delete(2, 2)
    deleter.blocks.delete(1, 1)
  })
  for (const letter of 'xneb') shows(author, other, () => line(other, 4).insert(0, letter))
  expect(author.text.replaceAll('<hardbreak></hardbreak>', '/')).toBe('first/benxthird')
})

test('words go once into what is pasted, or brought back, a while after their block was deleted', () => {
  const deleter = new Person()
  deleter.write('alpha beta gamma', 'b1')
  const author = new Person(deleter)
  author.type('NEW ', 6)
  shows(author, deleter, () => deleter.blocks.delete(0, 1))
  shows(author, deleter, () => deleter.write('alpha beta gamma', 'b2'))
  shows(author, deleter, () => deleter.write('alpha beta gamma', 'b1'))
  expect(author.text).toBe('alpha NEW beta gamma | alpha beta gamma')
})

test.each(['', ' and more'])('words are not added to a copy that has them%s, but comes after the deletion', (more) => {
  const deleter = new Person()
  deleter.write('alpha beta gamma', 'b1')
  const author = new Person(deleter)
  author.type('NEW ', 6)
  const copier = new Person(author)
  shows(author, deleter, () => deleter.blocks.delete(0, 1))
  const copied = `alpha NEW beta gamma${more}`
  shows(author, copier, () => copier.convert(copied, 'b1'))
  expect(author.text).toBe(copied)
  // Nor are they wanted any more.
  shows(author, deleter, () => deleter.write('alpha beta gamma', 'b1'))
  expect(author.text.split(' | ').sort()).toEqual([copied, 'alpha beta gamma'])
})

test('words that were moved into another block are not erased in it when somebody who knows joins both', () => {
  const author = new Person()
  author.write('alpha beta ', 'b1')
  author.write('gamma delta', 'b2')
  author.type('words', 11)
  author.erase(11, 0, 5)
  author.type('words ', 0, 1)
  const other = new Person(author)
  other.doc.transact(() => {
    other.blocks.delete(0, 2)
    other.write('alpha beta words gamma delta and more', 'b1')
  })
  // All that the other one knows to be deleted, the words in their first place as well.
  expect(agree(author, other)).toBe('alpha beta words gamma delta and more')
})

test('words that were moved into another block are not erased in its copy because the server told of all before', () => {
  const ada = new Person()
  ada.write('alpha beta gamma delta epsilon', 'A')
  const ben = new Person(ada)
  ada.type(' and these words', 16)
  splitOff(ben, 0, 10, ' gamma delta epsilon')
  ada.hear(ben)
  expect(ada.text).toBe('alpha beta |  gamma and these words delta epsilon')
  ben.hear(ada)
  ben.convert('alpha beta now', 'A')
  const all = Y.encodeStateAsUpdate(ben.doc, Y.encodeStateVector(ada.doc))
  const told = ben.recorded()
  splitOff(ben, 1, 0, ' gamma and these words delta epsilon')
  // Both have waited while a word was composed.
  ada.doc.transact(() => [all, ...told].forEach((update) => takeUpdate(ada.doc, update, ada)), ada)
  expect(agree(ada, ben)).toBe('alpha beta now |  |  gamma and these words delta epsilon')
})

test('words that somebody else split off the copy are not written again', () => {
  const first = new Person()
  first.write('alpha beta gamma', 'b1')
  const second = new Person(first)
  second.type(' SEEN', 16)
  const third = new Person(second)
  first.hear(second)
  first.convert('alpha beta gamma SEEN', 'b1')
  third.hear(first)
  const fourth = new Person(third)
  third.doc.transact(() => {
    ;((third.blocks.get(0) as Y.XmlElement).get(0) as Y.XmlText).delete(10, 11)
    third.write(' gamma SEEN', 'b2')
  })
  fourth.hear(third)
  second.hear(fourth)
  expect(second.text).toBe('alpha beta |  gamma SEEN')
})

test('a changed copy under another id is known by what is left of the text', () => {
  const first = new Person()
  first.write('alpha beta gamma delta', 'b1')
  const second = new Person(first)
  second.type('NEW ', 11)
  first.convert('alpha new beta new gamma new delta', 'b2')
  second.hear(first)
  expect(agree(first, second)).toBe('alpha new beta NEW new gamma new delta')
})

test('words go along with the part of a copy that they stood in when its maker split it', () => {
  const first = new Person()
  first.write('alpha beta gamma', 'b1')
  const second = new Person(first)
  second.type(' NEW', 16)
  first.doc.transact(() => {
    first.convert('alpha be', 'b1')
    first.write('ta gamma', 'b2')
  })
  second.hear(first)
  expect(agree(first, second)).toBe('alpha be | ta gamma NEW')
})

test('words typed into an empty block that becomes another are in that', () => {
  const first = new Person()
  first.write('', 'b1')
  const second = new Person(first)
  second.type('NEW', 0)
  first.doc.transact(() => {
    first.blocks.delete(0, 1)
    const heading = new Y.XmlElement('heading')
    heading.setAttribute('id', 'b1')
    first.blocks.insert(0, [heading])
  })
  second.hear(first)
  expect(agree(first, second)).toBe('NEW')
})

test('words typed into a cell that becomes a header meanwhile are there once', () => {
  const cell = (name: string) => {
    const made = new Y.XmlElement(name)
    made.setAttribute('id', 'cell')
    const block = new Y.XmlElement('paragraph')
    block.insert(0, [new Y.XmlText('alpha beta')])
    made.insert(0, [block])
    return made
  }
  const first = new Person()
  first.blocks.insert(0, [new Y.XmlElement('tableRow')])
  const rowOf = ({ blocks }: Person) => blocks.get(0) as Y.XmlElement
  rowOf(first).insert(0, [cell('tableCell')])
  const second = new Person(first)
  first.doc.transact(() => {
    rowOf(first).delete(0, 1)
    rowOf(first).insert(0, [cell('tableHeader')])
  })
  const words = ((rowOf(second).get(0) as Y.XmlElement).get(0) as Y.XmlElement).get(0) as Y.XmlText
  words.insert(6, 'NEW ')
  expect(agree(first, second)).toContain('>alpha NEW beta<')
})

test.each([
  ['made it', true],
  ['has just opened the document', false],
])('words of a cell whose twin begins with a list get a paragraph there, of whoever %s', (_, isMaker) => {
  const cell = (block: Y.XmlElement) => {
    const made = new Y.XmlElement('tableCell')
    made.setAttribute('id', 'cell')
    made.insert(0, [block])
    return made
  }
  const first = new Person()
  first.blocks.insert(0, [new Y.XmlElement('tableRow')])
  const rowOf = ({ blocks }: Person) => blocks.get(0) as Y.XmlElement
  const block = new Y.XmlElement('paragraph')
  block.insert(0, [new Y.XmlText()])
  rowOf(first).insert(0, [cell(block), cell(new Y.XmlElement('bulletList'))])
  const second = new Person(first)
  const [author, other] = isMaker ? [first, second] : [second, first]
  const words = ((rowOf(author).get(0) as Y.XmlElement).get(0) as Y.XmlElement).get(0) as Y.XmlText
  words.insert(0, 'mine')
  rowOf(other).delete(0, 1)
  author.hear(other)
  other.hear(author)
  for (const person of [first, second]) {
    expect(rowOf(person).get(0).toString()).toContain('<bulletlist></bulletlist><paragraph>mine</paragraph>')
  }
})

test('thousands of blocks that are copied with other words hold up nobody', () => {
  const author = new Person()
  const numbers = Array.from({ length: 4000 }, (_, number) => number)
  author.doc.transact(() =>
    numbers.forEach((number) => author.write(`some words of paragraph ${number}`, `id${number}`)),
  )
  const copier = new Person(author)
  copier.doc.transact(() => {
    copier.blocks.delete(0, numbers.length)
    numbers.forEach((number) => copier.write(`new words of paragraph ${number}`, `id${number}`, 'heading'))
  })
  const began = performance.now()
  author.hear(copier)
  expect(performance.now() - began).toBeLessThan(15_000)
  expect(author.blocks.length).toBe(numbers.length)
}, 120_000)

test('what somebody writes into the block before is not taken for the copy of a block', () => {
  const first = new Person()
  first.write('alpha', 'b1')
  first.write('Q9x ', 'b2')
  const second = new Person(first)
  second.type('NEW words ', 4, 1)
  first.type('Q9x ', 0)
  first.blocks.delete(1, 1)
  first.write('Q9x and ', 'b2', 'heading')
  second.hear(first)
  expect(agree(first, second)).toMatch(/^Q9x alpha \| .*NEW words /)
})

test('a word goes on where it began when somebody joins a block to what he has seen of it', () => {
  for (const [one, other] of [
    [1, 2],
    [2, 1],
  ] as const) {
    const base = new Person()
    base.write('old ', 'b1')
    base.write('next', 'b2')
    const [author, joiner] = [new Person(base), new Person(base)]
    author.doc.clientID = one
    joiner.doc.clientID = other
    author.type('wor', 4)
    joiner.hear(author)
    joiner.doc.transact(() => {
      joiner.blocks.delete(1, 1)
      joiner.type('next', 7)
    })
    author.type('d is', 7)
    expect(agree(author, joiner)).toBe('old word isnext')
  }
})

test('words stand behind the last letters of a copy in which its maker has written before those', () => {
  const author = new Person()
  author.write('alpha beta gamma ka', 'b1')
  const copier = new Person(author)
  copier.convert('alpha beta gamma ka', 'b1')
  copier.type('lino ', 17)
  author.type('hinalo', 19)
  expect(agree(author, copier)).toBe('alpha beta gamma lino kahinalo')
})

test('words go along with the part of a block that was split off a part that was split off', () => {
  const author = new Person()
  author.write('alpha beta gamma delta', 'b1')
  const copier = new Person(author)
  for (const [block, at, rest] of [
    [0, 6, 'beta gamma delta'],
    [1, 11, 'delta'],
  ] as const) {
    copier.doc.transact(() => {
      ;((copier.blocks.get(block) as Y.XmlElement).get(0) as Y.XmlText).delete(at, rest.length)
      copier.write(rest, null, 'paragraph', block + 1)
    })
  }
  author.type(' more', 22)
  expect(agree(author, copier)).toBe('alpha  | beta gamma  | delta more')
})

test('what was corrected long before a copy came takes no letters of others out of it', () => {
  const author = new Person()
  author.write('alpha beta', 'b1')
  author.type('x', 10)
  ;((author.blocks.get(0) as Y.XmlElement).get(0) as Y.XmlText).delete(10, 1)
  vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 100_000)
  const copier = new Person(author)
  copier.convert('alpha beta', 'b1')
  copier.type('x', 10)
  author.type(' more', 5)
  expect(agree(author, copier)).toBe('alpha more betax')
  vi.restoreAllMocks()
})

test('words typed into an empty block that somebody takes away have one of their own', () => {
  const author = new Person()
  author.write('before')
  author.write('')
  author.write('after')
  const other = new Person(author)
  other.blocks.delete(1, 1)
  author.type('words', 0, 1)
  expect(agree(author, other)).toBe('before | words | after')
})

test('words typed into an empty item that somebody takes away have one of their own', () => {
  const author = new Person()
  const [list, ...items] = ['bulletList', 'listItem', 'listItem'].map((name) => new Y.XmlElement(name))
  for (const item of items) {
    const paragraph = new Y.XmlElement('paragraph')
    paragraph.insert(0, [new Y.XmlText('')])
    item.insert(0, [paragraph])
  }
  list?.insert(0, items)
  author.blocks.insert(0, [list as Y.XmlElement])
  const other = new Person(author)
  const itemOf = ({ blocks }: Person, at: number) => (blocks.get(0) as Y.XmlElement).get(at) as Y.XmlElement
  ;(other.blocks.get(0) as Y.XmlElement).delete(1, 1)
  ;((itemOf(author, 1).get(0) as Y.XmlElement).get(0) as Y.XmlText).insert(0, 'words')
  agree(author, other)
  expect(itemOf(author, 1).toString()).toBe('<listitem><paragraph>words</paragraph></listitem>')
})

test('words that were moved along while somebody copied them at their old place are there once', () => {
  const base = new Person()
  base.write('alpha beta gamma', 'b1')
  const [author, copier] = [new Person(base), new Person(base)]
  author.type(' more', 16)
  copier.doc.transact(() => {
    ;((copier.blocks.get(0) as Y.XmlElement).get(0) as Y.XmlText).delete(6, 10)
    copier.write('beta gamma', 'b2')
  })
  const split = Y.encodeStateAsUpdate(copier.doc)
  copier.hear(author)
  expect(copier.text).toBe('alpha  more | beta gamma')
  copier.convert('alpha  more', 'b1')
  takeUpdate(author.doc, split, author)
  expect(author.text).toBe('alpha  | beta gamma more')
  expect(agree(author, copier)).toBe('alpha  | beta gamma more')
})

test('what somebody types into the middle of a word stays there, also before a letter typed there before', () => {
  const other = new Person()
  other.write('x ')
  const author = new Person(other)
  author.type('word', 2)
  other.hear(author)
  other.type('b', 5)
  other.type('a', 5)
  expect(agree(author, other)).toBe('x worabd')
  other.type('q', 6)
  other.erase(6)
  other.type('c', 6)
  expect(agree(author, other)).toBe('x woracbd')
})

test('a word that two people write into at two places while it is typed stays whole', () => {
  const [base, clients] = [new Person(), [9, 2, 3] as const]
  base.doc.clientID = 1
  base.write('')
  const author = new Person(base)
  author.doc.clientID = clients[0]
  author.type('wor', 0)
  const second = new Person(author)
  second.doc.clientID = clients[1]
  author.type('d', 3)
  const third = new Person(author)
  third.doc.clientID = clients[2]
  author.type('s end', 4)
  second.type('XX', 3)
  third.type('YY', 4)
  author.hear(second, third)
  expect(author.text).toContain('words end')
  expect(agree(author, second, third)).toHaveLength('words endXXYY'.length)
})

test.each([
  // Somebody else types the letter at the end of the paragraph before.
  ['Hello wi', 'The hexre old words. ', 'Hello wix | The here old words. My long sentence.'],
  ['Hello ', 'The end x', 'Hello x | The end My long sentence.'],
])('words stay where a letter before them is erased that comes elsewhere: %s, %s', (before, around, said) => {
  const base = new Person()
  base.write(before, 'one')
  base.write(around, 'two')
  const author = new Person(base)
  author.type('My long sentence.', around.length, 1)
  const [writer, corrector] = [new Person(author), new Person(author)]
  writer.type('x', before.length)
  corrector.erase(around.indexOf('x'), 1)
  author.hear(writer, corrector)
  expect(agree(author, writer, corrector)).toBe(said)
})

test('words stay where some before them are erased and come in a paragraph behind', () => {
  const other = new Person()
  other.write('Read all the books. ', 'one')
  const author = new Person(other)
  author.type('My long sentence.', 20)
  other.hear(author)
  other.erase(9, 0, 4)
  other.write('', 'two')
  other.type('the rest', 0, 1)
  expect(agree(author, other)).toBe('Read all books. My long sentence. | the rest')
})

/** What a server sends that has what all of these wrote. */
function serverOf(...people: Person[]): Y.Doc {
  const server = new Y.Doc()
  for (const { doc } of people) Y.applyUpdate(server, Y.encodeStateAsUpdate(doc))
  return server
}

test.each([' a', ' be', ' NEW'])(
  'the word "%s" is brought back also where the server, which had it, tells of the copy',
  (word) => {
    const other = new Person()
    other.write('alpha beta gamma', 'b1')
    const author = new Person(other)
    author.type(word, 16)
    const server = serverOf(author)
    other.convert('alpha beta gamma', 'b1')
    other.type('and more, ', 0)
    Y.applyUpdate(server, Y.encodeStateAsUpdate(other.doc))
    takeUpdate(author.doc, Y.encodeStateAsUpdate(server, Y.encodeStateVector(author.doc)), author)
    expect(agree(author, other)).toBe(`and more, alpha beta gamma${word}`)
  },
)

test('words stand in the right part of a block that was parted in six', () => {
  const other = new Person()
  other.write('alpha beta gamma delta epsilon zeta', 'b1')
  const author = new Person(other)
  author.type(' NEW', 35)
  other.doc.transact(() => {
    other.convert('alpha ', 'b1')
    for (const [at, words] of ['beta ', 'gamma ', 'delta ', 'epsilon ', 'zeta'].entries()) other.write(words, `n${at}`)
  })
  expect(agree(author, other)).toBe('alpha  | beta  | gamma  | delta  | epsilon  | zeta NEW')
})

test('no emoji is parted', () => {
  const other = new Person()
  other.write('Hi 😀', 'b1')
  const author = new Person(other)
  author.type(' there', 5)
  other.convert('Hi 😀', 'b1')
  other.erase(3, 0, 2)
  other.type('😁', 3)
  expect(agree(author, other)).toMatch(/^Hi (😁 there| there😁)$/u)
})

test('an emoji before another comes into the copy whole', () => {
  const other = new Person()
  other.write('😁 yes', 'b1')
  const author = new Person(other)
  author.type('😀', 0)
  other.convert('😁 yes', 'b1')
  expect(agree(author, other)).toBe('😀😁 yes')
})

test('a block whose copy comes before a part that it waits for is known by its id all the same', () => {
  const other = new Person()
  for (const [id, words] of ['far', 'z', 'x'].entries()) other.write(words, String(id))
  const author = new Person(other)
  const updates = other.recorded()
  other.type(' early', 3)
  other.doc.transact(() => {
    other.blocks.delete(2, 1)
    other.write('xq', '2', 'heading', 0)
  })
  author.type(' yes', 1, 2)
  for (const update of updates.reverse()) takeUpdate(author.doc, update, author)
  expect(agree(author, other)).toBe('xq yes | far early | z')
})

/** Words that say something else for each number. */
function prose(number: number, length: number): string {
  let words = ''
  for (let at = number * 1000; words.length < length; at += 1) words += `w${((at * 7919) % 9973).toString(36)} `
  return words.slice(0, length)
}

test('a long text that was merely deleted takes no word of another with it', () => {
  const other = new Person()
  other.write(prose(1, 800), 'gone')
  other.write('alpha beta gamma', 'b1')
  const author = new Person(other)
  author.type('mine ', 0)
  const server = serverOf(author)
  other.hear(author)
  author.type('NEW ', 6, 1)
  Y.applyUpdate(server, Y.encodeStateAsUpdate(author.doc))
  other.doc.transact(() => {
    other.blocks.delete(1, 1)
    other.write('and more, alpha beta gamma', 'b1', 'heading', 1)
  })
  other.blocks.delete(0, 1)
  for (let block = 0; block < 120; block += 1) other.write(prose(block + 5, 600), `n${block}`)
  Y.applyUpdate(server, Y.encodeStateAsUpdate(other.doc))
  takeUpdate(author.doc, Y.encodeStateAsUpdate(server, Y.encodeStateVector(author.doc)), author)
  expect(author.text).toContain('and more, alpha NEW beta gamma')
})

test('a fault while words are looked for is heard of, and does not hold up the document', () => {
  vi.useFakeTimers()
  const ada = new Person()
  ada.write('alpha beta', 'A')
  const ben = new Person(ada)
  rescueWords(
    ada.doc,
    () => true,
    () => {
      throw new Error('a fault')
    },
  )
  ben.convert('alpha beta', 'A')
  ada.hear(ben)
  expect(ada.text).toBe(ben.text)
  expect(() => vi.runAllTimers()).toThrow('a fault')
  vi.useRealTimers()
})
