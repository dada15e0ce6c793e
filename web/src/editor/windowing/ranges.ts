/** Which blocks of a document are laid out, as ranges of their numbers, and the style sheet that hides the others. */

/** From the first to the last block, both included. */
export type Range = readonly [first: number, last: number]

/** Fewer blocks than these are not worth hiding. */
const WORTH_HIDING = 10

/** What a block takes of the page, in pixels. */
export interface Extent {
  /** From its top to the top of the next. */
  height: number
  /** How much of that is empty, below the block. */
  below: number
}

/** The blocks that stand at least partly between two distances from the first one's top. */
export function between(extents: readonly Extent[], from: number, to: number): Range {
  const bottoms: number[] = []
  let bottom = 0
  for (const { height } of extents) bottoms.push((bottom += height))
  const last = extents.length - 1
  const within = (found: number) => (found < 0 ? last : found)
  return [within(bottoms.findIndex((end) => end > from)), within(bottoms.findIndex((end) => end >= to))]
}

/** The same blocks of a document of `count`, in ascending ranges with nothing between them that is not worth hiding. */
export function joined(ranges: readonly Range[], count: number): Range[] {
  const sorted = ranges
    .map(([first, last]): Range => [
      first <= WORTH_HIDING ? 0 : first,
      last >= count - 1 - WORTH_HIDING ? count - 1 : last,
    ])
    .sort((a, b) => a[0] - b[0])
  const found: Range[] = []
  for (const range of sorted) {
    const before = found.at(-1)
    if (!before || range[0] - before[1] > WORTH_HIDING) found.push(range)
    else found[found.length - 1] = [before[0], Math.max(before[1], range[1])]
  }
  return found
}

/**
 * Hides all other children of what `parent` selects. Margins of the shown ones stand for their heights, so that nothing
 * moves. On paper everything is there.
 */
export function styleFor(parent: string, shown: readonly Range[], extents: readonly Extent[]): string {
  const rules: string[] = []
  const rule = (child: string, style: string) => rules.push(`${parent} > ${child} { ${style} !important; }`)
  /** The room of the blocks from `first` up to `end`, which are hidden, with that below the block before them. */
  const hide = (first: number, end: number): number => {
    if (end <= first) return 0
    rule(`:nth-child(n + ${first + 1}):nth-child(-n + ${end})`, 'display: none')
    const hidden = extents.slice(first, end).reduce((sum, { height }) => sum + height, 0)
    return hidden + (extents[first - 1]?.below ?? 0)
  }
  let next = 0
  for (const [first, last] of shown) {
    const above = hide(next, first)
    if (above) rule(`:nth-child(${first + 1})`, `margin-top: ${above}px`)
    next = last + 1
  }
  const below = hide(next, extents.length)
  if (below) rule(`:nth-child(${next})`, `margin-bottom: ${below}px`)
  return `@media screen { ${rules.join(' ')} }`
}
