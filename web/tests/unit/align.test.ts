/** Which letter of a text is which of its copy. */
import { expect, test } from 'vitest'
import { align, GONE } from '../../src/editor/rescue/align'
import { Chance } from '../replicas/chance'

/** The text with what is not in the copy in brackets, and what is gone from it as underscores. */
function shown(text: string, copy: string): string {
  const { places } = align(text, copy)
  const told = [...text].map((letter, at) => {
    const place = places[at] ?? null
    if (place === null) return `(${letter})`
    return copy[place] === GONE ? '_' : copy[place]
  })
  return told.join('').replaceAll(')(', '')
}

test.each([
  ['alpha beta', 'alpha beta', 'alpha beta'],
  ['alpha beta', 'alpha NEW beta', 'alpha beta'],
  ['alpha beta gamma', 'alpha gamma', 'alpha (beta )gamma'],
  ['alpha beta kali', 'alpha lino beta more kali', 'alpha beta kali'],
  ['alpha beta gamma', `alpha ${GONE.repeat(5)}gamma`, 'alpha _____gamma'],
  ['alpha', 'nor is it', '(alpha)'],
  ['', 'alpha', ''],
  ['alpha', '', '(alpha)'],
])('%j in %j', (text, copy, expected) => {
  expect(shown(text, copy)).toBe(expected)
})

test('of an emoji both halves are found, or none', () => {
  const chance = new Chance(7)
  const made = (): string => Array.from({ length: 8 }, () => chance.of(['😀', '😁', '🚀', 'a', 'b'])).join('')
  for (let round = 0; round < 2000; round += 1) {
    const [text, copy] = [made(), made().replace(chance.of(['😀', '🚀']), GONE.repeat(2))]
    const { places } = align(text, copy)
    for (const { index } of text.matchAll(/[\ud800-\udbff]/g)) {
      const place = places[index] ?? null
      expect(places[index + 1], `${text} in ${copy}`).toBe(place === null ? null : place + 1)
    }
  }
})

test('texts of a hundred thousand letters are compared part by part', () => {
  const words = Array.from({ length: 12_000 }, (_, at) => `word${at} `)
  const copy = words.map((word, at) => (at % 1000 === 0 ? `NEW ${word}` : word)).join('')
  const text = words.join('')
  const { places } = align(text, copy)
  expect(places.every((place, at) => place !== null && copy[place] === text[at])).toBe(true)
})
