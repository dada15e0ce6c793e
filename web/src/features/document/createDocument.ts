/** Making a document; without a network on this device. */
import { api, isAway, type Account } from '../../api/client'
import { makeHere, newDocumentId } from '../../sync/outbox/madeOffline'

/** Returns the id of the new document. */
export async function createDocument(maker: Account | null, title: string): Promise<string> {
  if (!maker) return (await api.createDocument({ title })).id
  // An answer may be lost after the server has made it: both ways lead to the same document.
  const id = newDocumentId(maker.id)
  try {
    await api.createDocument({ id, title })
  } catch (error) {
    if (!isAway(error)) throw error
    makeHere(maker, id, title)
  }
  return id
}
