/** What becomes of words that are written into blocks which somebody else changes all the time. */
import { expect, test } from 'vitest'
import { walk } from '../replicas/walk'
import { disordered, lostLetters, missingLetters, moreLetters } from '../replicas/words'

const PROVE = process.env.QUIRE_PROVE === '1'
const WALKS = PROVE ? 400 : 10

test(
  'no letter is lost while one person changes blocks, hardly one comes twice, and words stay whole [FM-008]',
  async () => {
    const written: string[] = []
    const parted: string[] = []
    const lost: string[] = []
    const twice: number[] = []
    const elsewhere: string[] = []
    for (let seed = 1; seed <= WALKS; seed += 1) {
      const { words, phrases, text } = await walk(seed, { changers: 1 })
      written.push(...words)
      parted.push(...words.filter((word) => text.split(word).length !== 2).map((word) => `${word} of walk ${seed}`))
      lost.push(...lostLetters(words, text).map((letter) => `${letter} of walk ${seed}`))
      if (moreLetters(words, text) > 0) twice.push(seed)
      elsewhere.push(...disordered(phrases, text).map((word) => `${word} of walk ${seed}`))
    }
    if (PROVE)
      console.info(
        `${WALKS} walks, ${written.length} words: ${parted.length} not whole, ${elsewhere.length} out of order, walks ${twice.join()} too long`,
      )
    expect(lost).toEqual([])
    expect(twice.length, twice.join(', ')).toBeLessThanOrEqual(WALKS / 50)
    expect(parted.length, parted.join(', ')).toBeLessThanOrEqual(written.length / 200)
    // Nor do they stand before those that the same person wrote before them.
    expect(elsewhere.length, elsewhere.join(', ')).toBeLessThanOrEqual(written.length / 200)
  },
  WALKS * 20_000,
)

test(
  'words are kept where a block is heard to be gone before its copy comes [FM-008]',
  async () => {
    const lost = new Map<number, string[]>()
    for (let seed = 1; seed <= WALKS; seed += 1) {
      const { words, text } = await walk(seed, { changers: 1, early: true })
      const letters = lostLetters(words, text)
      if (letters.length > 0) lost.set(seed, letters)
    }
    expect(lost.size, JSON.stringify([...lost])).toBeLessThanOrEqual(WALKS / 400)
  },
  WALKS * 20_000,
)

test(
  'words are kept in paragraphs of many pages, which are compared part by part [FM-008]',
  async () => {
    const lost: string[] = []
    const parted: string[] = []
    for (let seed = 1; seed <= WALKS / 2; seed += 1) {
      const { words, text } = await walk(seed, { changers: 1, length: 1200 })
      lost.push(...lostLetters(words, text).map((letter) => `${letter} of walk ${seed}`))
      parted.push(...words.filter((word) => text.split(word).length !== 2).map((word) => `${word} of walk ${seed}`))
    }
    expect(lost).toEqual([])
    expect(parted.length, parted.join(', ')).toBeLessThanOrEqual(WALKS / 20)
  },
  WALKS * 20_000,
)

test(
  'where nobody changes blocks, no letter leaves its paragraph, whatever is erased beside it [FM-008]',
  async () => {
    const elsewhere: string[] = []
    for (let seed = 1; seed <= WALKS; seed += 1) {
      const { text, typed, erased } = await walk(seed, { erase: true })
      for (const [block, said] of text.split(' ¶ ').entries()) {
        const missing = missingLetters(said, typed[block] ?? '', erased[block] ?? '')
        elsewhere.push(...missing.map((letter) => `${letter} of block ${block} of walk ${seed}`))
      }
    }
    expect(elsewhere).toEqual([])
  },
  WALKS * 20_000,
)
