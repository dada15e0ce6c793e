import { expect, test } from 'vitest'
import de from '../../src/i18n/de.json'
import en from '../../src/i18n/en.json'

const placeholders = (text: string) => [...text.matchAll(/{{(\w+)}}/g)].map((found) => found[1]).sort()

test('German is complete and fills the same places', () => {
  expect(Object.keys(de).sort()).toEqual(Object.keys(en).sort())
  for (const [key, text] of Object.entries(en)) {
    const german = (de as Record<string, string>)[key] ?? ''
    expect(german, key).not.toBe('')
    expect(placeholders(german), key).toEqual(placeholders(text))
  }
})
