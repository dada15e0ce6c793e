/** Changes to a document that is not open: on the server, or on this device for one that the server has not heard of. */
import { api, type DocumentInfo } from '../../api/client'
import { changeMade } from '../../sync/outbox/madeOffline'

type Known = Pick<DocumentInfo, 'id' | 'owner'>

/** Gives another title, over the one that was seen. */
export async function renameDocument(seen: DocumentInfo, title: string): Promise<void> {
  if (!changeMade(seen, { title })) await api.rename(seen.id, title, seen.version, null)
}

/** Moves it to the trash. */
export async function trashDocument(document: Known): Promise<void> {
  if (!changeMade(document, { trashed_at: new Date().toISOString() })) await api.trash(document.id)
}

/** Takes it out of the trash. */
export async function restoreDocument(document: Known): Promise<void> {
  if (!changeMade(document, { trashed_at: null })) await api.restore(document.id)
}
