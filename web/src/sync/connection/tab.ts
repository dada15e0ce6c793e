/** What this tab calls itself on every connection: a visitor who comes again is then known to be the same. A secret. */
const KEY = 'quire:tab'

function made(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

function kept(): string {
  try {
    const known = sessionStorage.getItem(KEY)
    if (known) return known
    const fresh = made()
    sessionStorage.setItem(KEY, fresh)
    return fresh
  } catch {
    // Without storage the name lasts as long as the page.
    return made()
  }
}

export const tab = kept()
