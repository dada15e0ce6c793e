/** What this browser keeps between visits. It can refuse at any time; everything works without, for as long as the page. */

/** What is kept under a key; null when nothing is, or storage is forbidden. */
export function readItem(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

/** Reads what was written as JSON; null when there is none. */
export function readJson<T>(key: string): T | null {
  try {
    return JSON.parse(readItem(key) ?? 'null') as T | null
  } catch {
    return null
  }
}

/** Keeps a value, or with null forgets it. */
export function writeItem(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key)
    else localStorage.setItem(key, value)
  } catch {
    // Full, or forbidden.
  }
}
