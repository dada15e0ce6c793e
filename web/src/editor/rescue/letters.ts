/** The letters of a text, with what is known of each. */
import * as Y from 'yjs'

/** So many letters in a row are somewhere on purpose; fewer may be by chance. */
export const TELLING = 6

/** Tells what was written in this browser from what others wrote: a number that later letters exceed; null for others'. */
export type WrittenAt = (id: Y.ID) => number | null

export interface Letter {
  letter: string
  writtenAt: number | null
  /** Nobody who took the text away had this letter; that of others is not known. */
  unseen: boolean
  /** Written here and erased again. */
  erased: boolean
}

/** Words that a copy lacks, each with its place in it. */
export interface Missing {
  at: number
  words: string
}

/** What letters say. */
export const said = (letters: readonly Letter[]): string => letters.map(({ letter }) => letter).join('')

/** How many letters some words have together. */
export const countOf = (words: readonly Missing[]): number => words.reduce((sum, one) => sum + one.words.length, 0)

/** Letters that were written in a row, each with its id. */
export function spelled({ client, clock }: Y.ID, letters: string): { id: Y.ID; letter: string }[] {
  return letters.split('').map((letter, at) => ({ id: Y.createID(client, clock + at), letter }))
}

/** An emoji, or another character of two halves. */
export const WHOLE = /[\ud800-\udbff][\udc00-\udfff]/g

const FIRST_HALVES = 0xe000
const SECOND_HALVES = 0xec00
const KINDS = 0x0bff

/** A text to be compared: no half of an emoji is like that of another. It is as long as before. */
export function comparable(text: string): string {
  return text.replace(WHOLE, (pair) => {
    const kind = (pair.codePointAt(0) ?? 0) % KINDS
    return String.fromCharCode(FIRST_HALVES + kind, SECOND_HALVES + kind)
  })
}
