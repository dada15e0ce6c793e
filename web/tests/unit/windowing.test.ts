/** Which blocks of a long document are laid out, and that the others keep their room. */
import { describe, expect, it } from 'vitest'
import { between, joined, styleFor, type Extent } from '../../src/editor/windowing/ranges'

const blocks = (...heights: number[]): Extent[] => heights.map((height) => ({ height, below: 2 }))

describe('the blocks near the screen', () => {
  const extents = blocks(10, 20, 30, 40)
  it.each([
    [-5, 5, [0, 0]],
    [10, 11, [1, 1]],
    [29, 61, [1, 3]],
    [500, 600, [3, 3]],
  ])('from %d to %d', (from, to, range) => {
    expect(between(extents, from, to)).toEqual(range)
  })
})

describe('ranges', () => {
  it('are in order, within the document, and hide nothing where it is not worth it', () => {
    const ranges = joined(
      [
        [60, 80],
        [-40, 20],
        [25, 30],
        [70, 92],
      ],
      100,
    )
    expect(ranges).toEqual([
      [0, 30],
      [60, 99],
    ])
  })

  it('of a short document are all of it', () => {
    expect(joined([[3, 5]], 12)).toEqual([[0, 11]])
  })
})

describe('the style sheet', () => {
  it('hides the others and keeps their room, with the room below the block before them', () => {
    const css = styleFor(
      'main',
      [
        [1, 1],
        [3, 4],
      ],
      blocks(10, 20, 30, 40, 50, 60),
    )
    const rules = [...css.matchAll(/main > (\S.*?) \{ (.*?) !important; \}/g)].map(([, child, style]) => [child, style])
    expect(rules).toEqual([
      [':nth-child(n + 1):nth-child(-n + 1)', 'display: none'],
      [':nth-child(2)', 'margin-top: 10px'],
      [':nth-child(n + 3):nth-child(-n + 3)', 'display: none'],
      [':nth-child(4)', 'margin-top: 32px'],
      [':nth-child(n + 6):nth-child(-n + 6)', 'display: none'],
      [':nth-child(5)', 'margin-bottom: 62px'],
    ])
    expect(css).toMatch(/^@media screen/)
  })
})
