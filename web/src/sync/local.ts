/**
 * The databases of all local copies, open in this tab or not: one per person and document. Each holds the document's
 * updates and a note of what the server is known to have of them.
 */
import * as idb from 'lib0/indexeddb'
import * as Y from 'yjs'
import { forgetNotes, PREFIX, storeName } from './notes'
import { hasUnsent, joined, NOTHING } from './unsent'

const CONFIRMED = 'confirmed'
export const SEEN = 'seen'

/** Adds to what other tabs noted; one transaction, so that no note takes another's back. */
export async function write(custom: IDBObjectStore, snapshot: Y.Snapshot): Promise<void> {
  const known = (await idb.get(custom, CONFIRMED)) as unknown as Uint8Array | undefined
  const sum = known ? joined(Y.decodeSnapshot(known), snapshot) : snapshot
  await idb.put(custom, Y.encodeSnapshot(sum) as never, CONFIRMED)
  await idb.put(custom, Date.now() as never, SEEN)
}

export async function storedNote(db: IDBDatabase): Promise<Y.Snapshot> {
  const [custom] = idb.transact(db, ['custom'], 'readonly')
  const known = custom && ((await idb.get(custom, CONFIRMED)) as unknown as Uint8Array | undefined)
  return known ? Y.decodeSnapshot(known) : NOTHING
}

/** Names of local copies with changes that no server has confirmed. */
export async function unsentDocuments(): Promise<string[]> {
  const names = await storeNames()
  const unsent = await Promise.all(names.map(holdsUnsent))
  return names.filter((_, index) => unsent[index])
}

async function holdsUnsent(name: string): Promise<boolean> {
  return read(name, async (db) => hasUnsent(await updatesIn(db), await storedNote(db)))
}

/** Everything that a local copy holds. */
export async function storedUpdates(name: string): Promise<Uint8Array[]> {
  return read(name, updatesIn)
}

/** Notes that the server holds these updates of a local copy. */
export async function confirmStored(name: string, updates: Uint8Array[]): Promise<void> {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  await read(name, async (db) => {
    const [custom] = idb.transact(db, ['custom'])
    if (custom) await write(custom, Y.snapshot(doc))
  })
  doc.destroy()
}

async function updatesIn(db: IDBDatabase): Promise<Uint8Array[]> {
  const [updates] = idb.transact(db, ['updates'], 'readonly')
  return updates ? ((await idb.getAll(updates)) as Uint8Array[]) : []
}

async function read<T>(name: string, reading: (db: IDBDatabase) => Promise<T>): Promise<T> {
  const db = await idb.openDB(name, (fresh) =>
    idb.createStores(fresh, [['updates', { autoIncrement: true }], ['custom']]),
  )
  try {
    return await reading(db)
  } finally {
    db.close()
  }
}

async function storeNames(): Promise<string[]> {
  try {
    const databases = (await indexedDB.databases?.()) ?? []
    return databases.flatMap(({ name }) => (name?.startsWith(PREFIX) ? [name] : []))
  } catch {
    return []
  }
}

export async function deleteStore(name: string): Promise<void> {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(name)
    // Blocked: other tabs let go when they hear of it.
    request.onsuccess = request.onerror = request.onblocked = () => resolve()
  })
}

/** Whether somebody keeps anything here. */
export async function hasLocalStores(person: string): Promise<boolean> {
  return (await storeNames()).some((name) => name.startsWith(storeName(person, '')))
}

/** Removes every local copy of every document: for signing out on a shared computer. */
export async function clearLocalStores(): Promise<void> {
  await Promise.all((await storeNames()).map(deleteStore))
  await forgetNotes()
}
