/** What others' updates say, beside what becomes of them in the document. */
import * as Y from 'yjs'

const UPDATES = 'updates'

/** Remembers an update that a transaction takes in. */
export function noteUpdate(transaction: Y.Transaction, update: Uint8Array): void {
  const { store } = transaction.doc
  // What waited for a part that was missing comes with the update that brings it, and is not in that.
  const whole = store.pendingStructs === null && store.pendingDs === null
  const before = transaction.meta.get(UPDATES) as Uint8Array[] | null | undefined
  transaction.meta.set(UPDATES, whole && before !== null ? [...(before ?? []), update] : null)
}

/** Takes in an update and remembers it. */
export function takeUpdate(doc: Y.Doc, update: Uint8Array, origin: unknown): void {
  Y.transact(
    doc,
    (transaction) => {
      noteUpdate(transaction, update)
      Y.applyUpdate(doc, update, origin)
    },
    origin,
    false,
  )
}

/**
 * Whether an update names a character among what it deletes: its sender, or the server before it, had that. A character
 * that goes only with the block around it is not named. With `before` only where none names anything of what was written
 * from there on: who does so may not have had that. Null when it is not known.
 */
export type Named = ((id: Y.ID, before?: Y.ID) => boolean) | null

/** What the updates name that a transaction took in. */
export function namesDeleted(transaction: Y.Transaction): Named {
  const updates = transaction.meta.get(UPDATES) as Uint8Array[] | null | undefined
  if (!updates) return null
  const named = Y.mergeDeleteSets(updates.map((update) => Y.decodeUpdate(update).ds))
  const namesFrom = ({ client, clock }: Y.ID): boolean =>
    (named.clients.get(client) ?? []).some((range) => range.clock + range.len > clock)
  return (id, before) => Y.isDeleted(named, id) && !(before && namesFrom(before))
}
