/** Where in a text some place is, by the letters around it. */

/** How many letters on each side are looked for. */
export const REACH = 64

export interface Place {
  at: number
  score: number
}

/** How many letters around a place are those that are looked for. */
export function scoreAt(text: string, at: number, before: string, after: string): number {
  let [left, right] = [0, 0]
  while (left < Math.min(at, before.length) && text[at - 1 - left] === before[before.length - 1 - left]) left += 1
  while (right < after.length && at + right < text.length && text[at + right] === after[right]) right += 1
  return left + right
}

/** The place in a text that has most of the same letters around it; of equal ones, the nearest to an offset. */
export function bestPlace(text: string, before: string, after: string, offset: number): Place {
  let best: Place = { at: Math.min(offset, text.length), score: 0 }
  for (let at = 0; at <= text.length; at += 1) {
    const score = scoreAt(text, at, before, after)
    const nearer = Math.abs(at - offset) < Math.abs(best.at - offset)
    if (score > best.score || (score === best.score && nearer)) best = { at, score }
  }
  return best
}
