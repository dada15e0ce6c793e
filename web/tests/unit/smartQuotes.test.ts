import { expect, test } from 'vitest'
import { quoteFor } from '../../src/editor/extensions/smartQuotes'

function typed(text: string, language: string): string {
  let written = ''
  for (const letter of text) written += /["']/.test(letter) ? quoteFor(letter, written, language) : letter
  return written
}

test.each([
  ['en', `"Don't" ('so') "'it's' mine"`, '“Don’t” (‘so’) “‘it’s’ mine”'],
  ['en', `"" '' 5'10"`, '“” ‘’ 5’10”'],
  ['de', `"Ja", 'so' geht's ""`, '„Ja“, ‚so‘ geht’s „“'],
  ['ar', `قال "مرحبا" و"أهلا" ب'نعم' و"لا".`, 'قال «مرحبا» و«أهلا» ب‹نعم› و«لا».'],
  ['ar', `"Don't" ""`, '«Don’t» «»'],
  ['nl', `"ja"`, '“ja”'],
])('in %s, %s becomes %s', (language, text, expected) => {
  expect(typed(text, language)).toBe(expected)
})
