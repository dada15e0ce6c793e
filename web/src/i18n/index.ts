import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import en from './en.json'

export const LANGUAGES: Record<string, string> = { en: 'English', de: 'Deutsch' }
const RIGHT_TO_LEFT = new Set(['ar', 'fa', 'he', 'ur'])
const KEY = 'quire:language'

export function direction(language: string): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.has(language.split('-')[0] ?? '') ? 'rtl' : 'ltr'
}

export async function setLanguage(language: string): Promise<void> {
  if (language !== 'en' && language in LANGUAGES && !i18next.hasResourceBundle(language, 'translation')) {
    const catalogue = (await import(`./${language}.json`)) as { default: Record<string, string> }
    i18next.addResourceBundle(language, 'translation', catalogue.default)
  }
  await i18next.changeLanguage(language)
  document.documentElement.lang = language
  document.documentElement.dir = direction(language)
  try {
    localStorage.setItem(KEY, language)
  } catch {
    // The choice then lasts as long as the page.
  }
}

function preferred(): string {
  try {
    const chosen = new URLSearchParams(location.search).get('lang') ?? localStorage.getItem(KEY)
    if (chosen) return chosen
  } catch {
    // Fall through to the browser's own.
  }
  const own = navigator.language.split('-')[0] ?? 'en'
  return own in LANGUAGES ? own : 'en'
}

export async function startI18n(): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: { en: { translation: en } },
    lng: 'en',
    fallbackLng: 'en',
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
  })
  await setLanguage(preferred())
}
