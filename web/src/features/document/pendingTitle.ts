import { TITLE } from '../../sync/local'

/** A new title that the server has not heard of yet: kept until it has, with the version it was chosen over. */
export interface TitleWish {
  title: string
  version: number
}

export function keptWish(person: string, documentId: string): TitleWish | null {
  try {
    return JSON.parse(localStorage.getItem(`${TITLE}${person}:${documentId}`) ?? 'null') as TitleWish | null
  } catch {
    return null
  }
}

export function keepWish(person: string, documentId: string, wish: TitleWish | null): void {
  try {
    const key = `${TITLE}${person}:${documentId}`
    if (wish) localStorage.setItem(key, JSON.stringify(wish))
    else localStorage.removeItem(key)
  } catch {
    // It stays in this tab.
  }
}
