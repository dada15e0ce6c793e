import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { readItem, writeItem } from '../browser/storage'
import en from './en.json'

export const LANGUAGES: Record<string, string> = { en: 'English', de: 'Deutsch', ar: 'العربية' }
const RIGHT_TO_LEFT = new Set(['ar', 'fa', 'he', 'ur'])
const KEY = 'quire:language'

/** The direction in which a language is written. */
export function direction(language: string): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.has(language.split('-')[0] ?? '') ? 'rtl' : 'ltr'
}

/** Shows everything in `language` from now on, in this browser; an unknown one changes nothing. */
export async function setLanguage(language: string): Promise<void> {
  if (!(language in LANGUAGES)) return
  if (language !== 'en' && !i18next.hasResourceBundle(language, 'translation')) {
    const catalogue = (await import(`./${language}.json`)) as { default: Record<string, string> }
    i18next.addResourceBundle(language, 'translation', catalogue.default)
  }
  document.documentElement.lang = language
  document.documentElement.dir = direction(language)
  await i18next.changeLanguage(language)
  writeItem(KEY, language)
}

/** The language asked for in the address, chosen here before, or of the browser; English when none is known. */
function preferred(): string {
  const candidates = [
    new URLSearchParams(location.search).get('lang'),
    readItem(KEY),
    ...navigator.languages.map((language) => language.split('-')[0]),
  ]
  return candidates.find((language) => language && language in LANGUAGES) ?? 'en'
}

/** Makes the words ready before the first page is drawn. */
export async function startI18n(): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: { en: { translation: en } },
    lng: 'en',
    fallbackLng: 'en',
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
  })
  // A catalogue that cannot be fetched (no network, first visit) leaves English rather than a blank page.
  await setLanguage(preferred()).catch(() => undefined)
}
