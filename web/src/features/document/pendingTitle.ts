import { TITLE } from '../../sync/local'

/** A new title that the server has not heard of yet: kept until it has, with the version it was chosen over. */
export interface PendingTitle {
  title: string
  version: number
}

export function keptTitle(person: string, documentId: string): PendingTitle | null {
  try {
    return JSON.parse(localStorage.getItem(`${TITLE}${person}:${documentId}`) ?? 'null') as PendingTitle | null
  } catch {
    return null
  }
}

export function keepTitle(person: string, documentId: string, pending: PendingTitle | null): void {
  try {
    const key = `${TITLE}${person}:${documentId}`
    if (pending) localStorage.setItem(key, JSON.stringify(pending))
    else localStorage.removeItem(key)
  } catch {
    // It stays in this tab.
  }
}
