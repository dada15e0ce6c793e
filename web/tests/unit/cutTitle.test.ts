import { expect, test } from 'vitest'
import { cutTitle } from '../../src/features/document/cutTitle'

test('a title is cut between characters', () => {
  expect(cutTitle('Plan 😀')).toBe('Plan 😀')
  expect(cutTitle(`x${'😀'.repeat(200)}`)).toBe(`x${'😀'.repeat(149)}`)
})
