/** Words that are written at random, and what became of their letters. */
import type { Chance } from './chance'

const CONSONANTS = [...'bdfghklmnprstvz']
const VOWELS = [...'aeiou']

/** A word that can be spoken. */
export function spoken(chance: Chance): string {
  let word = ''
  for (let part = 0; part < 2 + chance.below(3); part += 1) word += chance.of(CONSONANTS) + chance.of(VOWELS)
  return word
}

/** How often a text has each letter. */
function letters(text: string): Map<string, number> {
  const found = new Map<string, number>()
  for (const letter of text.replaceAll(/[^a-z]/g, '')) found.set(letter, (found.get(letter) ?? 0) + 1)
  return found
}

/** Letters that a text has fewer of than were typed into it and not erased. */
export function missingLetters(text: string, typed: string, erased: string): string[] {
  const [there, gone] = [letters(text), letters(erased)]
  return [...letters(typed)].flatMap(([letter, count]) =>
    (there.get(letter) ?? 0) + (gone.get(letter) ?? 0) < count ? [letter] : [],
  )
}

/** The letters of words that a text lacks: of those that are not whole in it, which must be in what else it says. */
export function lostLetters(words: readonly string[], text: string): string[] {
  const isWhole = (word: string): boolean => text.includes(word)
  // A word may be a part of another one.
  const longestFirst = words.filter(isWhole).sort((one, other) => other.length - one.length)
  const rest = longestFirst.reduce((left, word) => left.replaceAll(word, ' '), text)
  const parted = words.filter((word) => !isWhole(word))
  return missingLetters(rest, parted.join(''), '')
}

/** Words that stand before one which was written earlier in a row with them. */
export function disordered(phrases: readonly string[][], text: string): string[] {
  return phrases.flatMap((phrase) => {
    const there = phrase.filter((word) => text.includes(word))
    return there.filter((word, at) => at > 0 && text.indexOf(word) < text.indexOf(there[at - 1] ?? ''))
  })
}

/** How many letters more than those of the words a text has. */
export function moreLetters(words: readonly string[], text: string): number {
  return text.replaceAll(/[^a-z]/g, '').length - words.join('').length
}
