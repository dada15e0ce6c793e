import { expect, test } from 'vitest'
import { UNTITLED } from '../../src/features/document/untitled'
import ar from '../../src/i18n/ar.json'
import de from '../../src/i18n/de.json'
import en from '../../src/i18n/en.json'
import { LANGUAGES, setLanguage, startI18n } from '../../src/i18n'
import { inWords } from '../../src/sync/session/reasons'

type Catalogue = Record<string, string>

const PLURAL = /_(zero|one|two|few|many|other)$/
const stem = (key: string) => key.replace(PLURAL, '')
/** What the server says itself, in English. */
const REASON = /^reason\./
const stems = (catalogue: Catalogue) =>
  [
    ...new Set(
      Object.keys(catalogue)
        .filter((key) => !REASON.test(key))
        .map(stem),
    ),
  ].sort()
const reasons = (catalogue: Catalogue) => Object.keys(catalogue).filter((key) => REASON.test(key))
const placeholders = (text: string) => [...text.matchAll(/{{(\w+)}}|<(\w+)\/>/g)].map((found) => found[1] ?? found[2])

test.each([
  ['de', de as Catalogue],
  ['ar', ar as Catalogue],
])('%s is complete, fills the same places and has every plural form of its language', (language, catalogue) => {
  expect(stems(catalogue)).toEqual(stems(en))
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories
  for (const [key, text] of Object.entries(en)) {
    if (!PLURAL.test(key)) {
      expect(placeholders(catalogue[key] ?? '').sort(), key).toEqual(placeholders(text).sort())
      continue
    }
    const known = new Set(placeholders((en as Catalogue)[`${stem(key)}_other`] ?? ''))
    for (const form of forms) {
      const said = catalogue[`${stem(key)}_${form}`]
      expect(said, `${stem(key)}_${form}`).toBeTruthy()
      // A form for one or two may say the number in words; it may not fill a place that nobody fills.
      for (const place of placeholders(said ?? '')) expect(known.has(place), key).toBe(true)
    }
  }
})

test('what the server says of its troubles is told in every language', async () => {
  expect(reasons(ar)).toEqual(reasons(de))
  await startI18n()
  await setLanguage('de')
  expect(inWords('the disk is full')).toBe(de['reason.the disk is full'])
  expect(inWords('the document has reached its limit of 9 bytes', 'document-full')).toBe(de['reason.document-full'])
  expect(inWords('the disk fails: Input/output error')).toBe('the disk fails: Input/output error')
  await setLanguage('en')
  expect(inWords('the disk is full')).toBe('the disk is full')
})

test('an untitled document is known as such in every language', async () => {
  for (const language of Object.keys(LANGUAGES)) {
    const { default: catalogue } = (await import(`../../src/i18n/${language}.json`)) as { default: Catalogue }
    expect(UNTITLED).toContain(catalogue['documents.untitled'])
  }
})
