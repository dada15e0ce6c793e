/** The last list of documents, for opening the app without a network. Titles only, one person's at a time. */
import type { DocumentInfo } from '../../api/client'
import { keptInfo, LISTS } from '../../sync/local'

export async function keepList(person: string, items: DocumentInfo[]): Promise<void> {
  if (!('caches' in window)) return
  try {
    const cache = await caches.open(LISTS)
    await cache.put(`/kept/${person}`, new Response(JSON.stringify(items)))
  } catch {
    // The list is a convenience; documents are kept apart.
  }
}

export async function keptList(person: string): Promise<DocumentInfo[] | null> {
  if (!('caches' in window)) return null
  const answer = await (await caches.open(LISTS)).match(`/kept/${person}`)
  if (!answer) return null
  const items = (await answer.json()) as DocumentInfo[]
  // A document that was open since may have another title.
  return items.map((item) => {
    const known = keptInfo(person, item.id)
    return known && known.version > item.version ? { ...item, ...known } : item
  })
}
