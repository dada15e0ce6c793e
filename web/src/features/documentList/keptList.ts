/** The last list of documents and those kept here, for opening the app without a network. Titles only. */
import type { DocumentInfo } from '../../api/client'
import { KEPT, keptInfo, keptInfos, LISTS } from '../../sync/storage/notes'

/** Keeps what the server listed. */
export async function keepList(person: string, items: DocumentInfo[]): Promise<void> {
  try {
    const cache = await caches.open(LISTS)
    await cache.put(KEPT + person, new Response(JSON.stringify(items)))
  } catch {
    // The list is a convenience; documents are kept apart.
  }
}

/** What was last listed, and what is kept here beside it; null when nothing is. */
export async function keptList(person: string): Promise<DocumentInfo[] | null> {
  const answer = await fetched(person)
  const listed = answer ? ((await answer.json()) as DocumentInfo[]) : []
  const seen = new Set(listed.map(({ id }) => id))
  const others = keptInfos(person).filter(({ id, trashed_at }) => !seen.has(id) && trashed_at === null)
  if (!answer && others.length === 0) return null
  // A document that was open since may have another title.
  const current = listed.map((item) => {
    const known = keptInfo(person, item.id)
    return known && known.version > item.version ? { ...item, ...known } : item
  })
  return [...others, ...current]
}

async function fetched(person: string): Promise<Response | undefined> {
  try {
    return await (await caches.open(LISTS)).match(KEPT + person)
  } catch {
    // Forbidden, or without TLS not there.
    return undefined
  }
}
