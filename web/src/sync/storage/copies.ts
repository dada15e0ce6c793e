/**
 * The databases of all local copies, open in this tab or not: one per person and document. Each holds the document's
 * updates and a note of what the server is known to have of them.
 */
import * as idb from 'lib0/indexeddb'
import * as Y from 'yjs'
import { hasUnsent, joined, NOTHING } from '../ledger/unsent'
import { keepLastNote, lastNote, PREFIX, storeName } from './notes'
import { MARKED, markedSent, readToMark, unmark } from './sentMarks'

const CONFIRMED = 'confirmed'
const SEEN = 'seen'
/** The longest note that is left by a page that goes, in bytes: the room for such notes is small. */
const LONGEST_LAST = 20_000
/** Begins the keys of pictures that the server does not have. */
const PICTURE = 'picture:'

/** What the server was known to have when that was last noted, and when that was. */
export async function noteIn(db: IDBDatabase): Promise<{ confirmed: Y.Snapshot; seen: number | null }> {
  const [custom] = idb.transact(db, ['custom'], 'readonly')
  if (!custom) return { confirmed: NOTHING, seen: null }
  const confirmed = joined(snapshotOf(await idb.get(custom, CONFIRMED)), decoded(lastNote(db.name)))
  const seen = (await idb.get(custom, SEEN)) as number | undefined
  return { confirmed, seen: seen ?? null }
}

/** Reads a note; one that is damaged says nothing, and what it told of is sent again. */
function snapshotOf(note: unknown): Y.Snapshot {
  try {
    return note ? Y.decodeSnapshot(note as Uint8Array) : NOTHING
  } catch {
    return NOTHING
  }
}

function decoded(last: string | null): Y.Snapshot {
  try {
    return snapshotOf(last && Uint8Array.from(atob(last), (character) => character.charCodeAt(0)))
  } catch {
    return NOTHING
  }
}

/** Adds to what other tabs noted; one transaction, so that no note takes another's back. */
export async function addNote(db: IDBDatabase, confirmed: Y.Snapshot): Promise<void> {
  const [custom] = idb.transact(db, ['custom'])
  if (!custom) return
  const last = lastNote(db.name)
  const sum = [snapshotOf(await idb.get(custom, CONFIRMED)), decoded(last), confirmed].reduce(joined)
  await idb.put(custom, Y.encodeSnapshot(sum) as never, CONFIRMED)
  await idb.put(custom, Date.now() as never, SEEN)
  if (last && lastNote(db.name) === last) keepLastNote(db.name, null)
}

/** Adds to them at once: a page that is about to go comes no further than its first question to the database. */
export function addLastNote(name: string, confirmed: Y.Snapshot): void {
  const bytes = Y.encodeSnapshot(joined(decoded(lastNote(name)), confirmed))
  if (bytes.length <= LONGEST_LAST) keepLastNote(name, btoa(String.fromCharCode(...bytes)))
}

export async function keepPicture(db: IDBDatabase, id: string, file: File): Promise<void> {
  const [custom] = idb.transact(db, ['custom'])
  if (custom) await idb.put(custom, file as never, PICTURE + id)
}

export async function keptPictures(db: IDBDatabase): Promise<[string, File][]> {
  const [custom] = idb.transact(db, ['custom'], 'readonly')
  if (!custom) return []
  const kept = await idb.getAllKeysValues(custom, IDBKeyRange.bound(PICTURE, `${PICTURE}\uffff`))
  return kept.map(({ k, v }: { k: string; v: File }) => [k.slice(PICTURE.length), v])
}

export async function forgetPicture(db: IDBDatabase, id: string): Promise<void> {
  const [custom] = idb.transact(db, ['custom'])
  if (custom) await idb.del(custom, PICTURE + id)
}

/** Names of local copies with changes that no server has confirmed. */
export async function unsentDocuments(): Promise<string[]> {
  return unsentAmong(await storeNames())
}

/** The ids of this person's documents with such changes. */
export async function unsentOf(person: string): Promise<string[]> {
  const start = storeName(person, '')
  const names = (await storeNames()).filter((name) => name.startsWith(start))
  return (await unsentAmong(names)).map((name) => name.slice(start.length))
}

/** Reads one by one, so that a page is not held up, and only what is not known to be sent. */
async function unsentAmong(names: string[]): Promise<string[]> {
  const sent = await markedSent()
  const unsent: string[] = []
  for (const name of names) {
    try {
      if (!sent.has(name) && !(await readToMark(name, () => isSent(name)))) unsent.push(name)
    } catch {
      // One that is damaged, or deleted at this moment, keeps nobody from the others.
    }
  }
  return unsent
}

/** A copy that cannot be read holds nobody knows what: it is not given up. */
async function isSent(name: string): Promise<boolean> {
  return unsentUpdates(name).then(
    (updates) => updates.length === 0,
    () => false,
  )
}

/** Everything that a local copy holds. */
export async function keptUpdates(name: string): Promise<Uint8Array[]> {
  return withDatabase(name, [], updatesIn)
}

/** Everything that a local copy holds when the server lacks something of it; else nothing. */
export async function unsentUpdates(name: string): Promise<Uint8Array[]> {
  return withDatabase(name, [], async (db) => {
    const updates = await updatesIn(db)
    return hasUnsent(updates, (await noteIn(db)).confirmed) ? updates : []
  })
}

/** Adds an update to a local copy, which is made if there is none; resolves when it is kept. */
export async function store(name: string, update: Uint8Array): Promise<void> {
  await unmark(name)
  const db = await idb.openDB(name, (fresh) =>
    idb.createStores(fresh, [['updates', { autoIncrement: true }], ['custom']]),
  )
  try {
    await new Promise<void>((resolve, reject) => {
      const transaction = db.transaction('updates', 'readwrite', { durability: 'strict' })
      transaction.oncomplete = () => resolve()
      // A disk may be found full only now, after the request was answered.
      transaction.onabort = () => reject(new Error(String(transaction.error)))
      transaction.objectStore('updates').add(update)
    })
  } finally {
    db.close()
  }
}

/** Notes that the server holds these updates of a local copy. */
export async function confirmStored(name: string, updates: Uint8Array[]): Promise<void> {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  await withDatabase(name, undefined, (db) => addNote(db, Y.snapshot(doc)))
  doc.destroy()
}

async function updatesIn(db: IDBDatabase): Promise<Uint8Array[]> {
  const [updates] = idb.transact(db, ['updates'], 'readonly')
  return updates ? ((await idb.getAll(updates)) as Uint8Array[]) : []
}

/** Works with a local copy; `absent` when there is none: a copy that was deleted meanwhile is not made again. */
async function withDatabase<T>(name: string, absent: T, work: (db: IDBDatabase) => Promise<T>): Promise<T> {
  const db = await existing(name)
  if (!db) return absent
  try {
    return await work(db)
  } finally {
    db.close()
  }
}

async function existing(name: string): Promise<IDBDatabase | null> {
  return new Promise((resolve) => {
    const request = indexedDB.open(name)
    request.onupgradeneeded = () => request.transaction?.abort()
    request.onerror = (event) => {
      event.preventDefault()
      resolve(null)
    }
    request.onsuccess = () => {
      const db = request.result
      db.onversionchange = () => db.close()
      resolve(db)
    }
  })
}

/** The names of all local copies. */
export async function storeNames(): Promise<string[]> {
  try {
    const databases = (await indexedDB.databases?.()) ?? []
    return databases.flatMap(({ name }) => (name?.startsWith(PREFIX) ? [name] : []))
  } catch {
    return []
  }
}

/** Deletes a local copy. */
export async function deleteStore(name: string): Promise<void> {
  await unmark(name).catch(() => undefined)
  await remove(name)
}

/** Deletes what is known of all copies. */
export async function deleteMarks(): Promise<void> {
  await remove(MARKED)
}

async function remove(database: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const request = indexedDB.deleteDatabase(database)
    // Blocked: other tabs let go when they hear of it.
    request.onsuccess = request.onerror = request.onblocked = () => resolve()
  }).catch(() => undefined) // A browser that forbids all storage keeps nothing in it.
}

/** Whether somebody keeps anything here. */
export async function hasLocalStores(person: string): Promise<boolean> {
  return (await storeNames()).some((name) => name.startsWith(storeName(person, '')))
}
