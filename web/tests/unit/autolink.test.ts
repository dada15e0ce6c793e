import { expect, test } from 'vitest'
import { addressIn } from '../../src/editor/extensions/autolink'

test.each([
  ['https://example.org.', 'https://example.org'],
  ['(www.example.org),', 'www.example.org'],
  ['“https://example.org/a?b=1”', 'https://example.org/a?b=1'],
  ['https://example.org/a_(b)', 'https://example.org/a_(b)'],
  ['(https://example.org/a_(b)).', 'https://example.org/a_(b)'],
  ['https://example.org/a.b!', 'https://example.org/a.b'],
  ['words.', null],
  ['xhttps://example.org', null],
])('the address in %s', (word, address) => {
  const found = addressIn(word)
  expect(found && word.slice(found.from, found.to)).toBe(address)
})
