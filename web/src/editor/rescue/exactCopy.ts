/** What the copy of a text lacks that says the same, but for the words which its maker had not seen. */
import { comparable, said, TELLING, type Letter, type Missing } from './letters'

/** So many letters are tried, the newest first, until the rest is what a copier had seen. */
const MOST_UNSEEN = 2000

/** The words that a copy lacks. Null when it is no copy: when it says something that the text did not. */
export function missingIn(copy: string, letters: readonly Letter[]): Missing[] | null {
  const missing: Missing[] = []
  const since = unseenSince(letters, copy) ?? Infinity
  const [one, other] = [comparable(said(letters)), comparable(copy)]
  let at = 0
  let open = false
  for (const [index, { letter, writtenAt, unseen }] of letters.entries()) {
    if (other[at] === one[index] && !unseen && (writtenAt === null || writtenAt < since)) {
      at += 1
      open = false
    } else if (writtenAt !== null) {
      const last = missing.at(-1)
      if (open && last) last.words += letter
      else missing.push({ at, words: letter })
      open = true
    }
  }
  return at === copy.length ? missing : null
}

/** The same where the copy ends a longer text, that of blocks which were joined into a new one. */
export function missingAtEnd(text: string, letters: readonly Letter[]): Missing[] | null {
  const known = letters.filter(({ unseen }) => !unseen)
  const written = timesOf(known).reverse()
  for (const [count, since] of [Infinity, ...written.slice(0, MOST_UNSEEN)].entries()) {
    const length = known.length - count
    if (length < TELLING || length * 2 < letters.length) return null
    const isSeen = (one: Letter): boolean => !one.unseen && (one.writtenAt === null || one.writtenAt < since)
    if (!endsWith(text, letters, isSeen)) continue
    let at = text.length - length
    const missing = new Map<number, string>()
    for (const one of letters) {
      if (isSeen(one)) at += 1
      else missing.set(at, (missing.get(at) ?? '') + one.letter)
    }
    return [...missing].map(([at, words]) => ({ at, words }))
  }
  return null
}

/** The copier had seen what was written here up to some letter: which that is, if the copy has all of the others'. */
export function unseenSince(letters: readonly Letter[], copy: string): number | null {
  const theirs = letters.reduce((sum, { writtenAt }) => sum + Number(writtenAt === null), 0)
  const seen = copy.length - theirs
  if (seen < 0 || seen >= letters.length - theirs) return null
  const since = timesOf(letters)[seen] ?? 0
  return said(letters.filter(({ writtenAt }) => writtenAt === null || writtenAt < since)) === copy ? since : null
}

/** When the letters were written that were written here, the first one first. */
function timesOf(letters: readonly Letter[]): number[] {
  return letters.flatMap(({ writtenAt }) => (writtenAt === null ? [] : [writtenAt])).sort((one, other) => one - other)
}

/** Whether a text ends with some of these letters: nearly always the last tells that it does not. */
function endsWith(text: string, letters: readonly Letter[], counts: (letter: Letter) => boolean): boolean {
  let at = text.length
  for (let index = letters.length - 1; index >= 0; index -= 1) {
    const one = letters[index]
    if (one && counts(one) && text[(at -= 1)] !== one.letter) return false
  }
  return true
}
