/** The last list of documents, for opening the app without a network. Titles only, one person's at a time. */
import type { DocumentInfo } from '../../api/client'

const NAME = 'lists'

export async function keepList(person: string, items: DocumentInfo[]): Promise<void> {
  if (!('caches' in window)) return
  try {
    const cache = await caches.open(NAME)
    await cache.put(`/kept/${person}`, new Response(JSON.stringify(items)))
  } catch {
    // The list is a convenience; documents are kept apart.
  }
}

export async function keptList(person: string): Promise<DocumentInfo[] | null> {
  if (!('caches' in window)) return null
  const answer = await (await caches.open(NAME)).match(`/kept/${person}`)
  return answer ? ((await answer.json()) as DocumentInfo[]) : null
}
