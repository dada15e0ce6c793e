/** What a copy of a text lacks of the words written here. */
import { TELLING } from './runs'

export interface Letter {
  letter: string
  /** Of a letter written here, a number that later ones exceed; null for others' letters. */
  mine: number | null
  /** Nobody who took the text away had this letter; that of others is not known. */
  unseen: boolean
  /** Written here and erased again. */
  erased?: boolean
}

/** Words, each with its place in the copy. */
export type Lost = [at: number, words: string][]

/** So many letters are tried, the newest first, until the rest is what a copier had seen. */
const MOST_UNSEEN = 2000

/** The words that a copy lacks. Null when it is no copy: when it says something that the text did not. */
export function missing(letters: readonly Letter[], copy: string): Lost | null {
  const lost: Lost = []
  const unseen = unseenSince(letters, copy)
  let at = 0
  let open = false
  for (const { letter, mine, unseen: isUnseen } of letters) {
    if (copy[at] === letter && !isUnseen && !(mine !== null && unseen !== null && mine >= unseen)) {
      at += 1
      open = false
    } else if (mine !== null) {
      const last = lost.at(-1)
      if (open && last) last[1] += letter
      else lost.push([at, letter])
      open = true
    }
  }
  return at === copy.length ? lost : null
}

/** The same where the copy ends a longer text, that of blocks which were joined into a new one. */
export function missingAtEnd(letters: readonly Letter[], copy: string): Lost | null {
  const written = letters.flatMap((one) => (one.mine === null ? [] : [one.mine])).sort((a, b) => b - a)
  for (const since of [Infinity, ...written.slice(0, MOST_UNSEEN)]) {
    const isSeen = (one: Letter): boolean => !one.unseen && (one.mine === null || one.mine < since)
    const seen = letters.filter(isSeen)
    if (seen.length < TELLING || seen.length * 2 < letters.length) return null
    if (!copy.endsWith(said(seen))) continue
    let at = copy.length - seen.length
    const lost = new Map<number, string>()
    for (const one of letters) {
      if (isSeen(one)) at += 1
      else lost.set(at, (lost.get(at) ?? '') + one.letter)
    }
    return [...lost]
  }
  return null
}

/** The copier had seen what was written here up to some letter: which that is, if the copy has all of the others'. */
export function unseenSince(letters: readonly Letter[], copy: string): number | null {
  const mine = letters.flatMap((one) => (one.mine === null ? [] : [one.mine]))
  const seen = copy.length - (letters.length - mine.length)
  if (seen < 0 || seen >= mine.length) return null
  const since = mine.sort((a, b) => a - b)[seen] ?? 0
  return said(letters.filter((one) => one.mine === null || one.mine < since)) === copy ? since : null
}

/** What letters say. */
export const said = (letters: readonly Letter[]): string => letters.map(({ letter }) => letter).join('')
