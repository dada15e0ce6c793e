/**
 * The local copy: one IndexedDB database per person and document, with a note of what the server is known to hold.
 * Storage can refuse at any time; whether changes made now would survive a reload is always said.
 */
import * as idb from 'lib0/indexeddb'
import { IndexeddbPersistence, PREFERRED_TRIM_SIZE, storeState } from 'y-indexeddb'
import * as Y from 'yjs'
import type { DocumentInfo } from '../api/client'
import { readItem, readJson, writeItem } from '../app/browserStorage'
import { Store } from './store'
import { hasUnsent, joined, NOTHING } from './unsent'

const PREFIX = 'quire:'
const WRITABLE = 'quire:writable:'
const INFO = 'quire:info:'
/** Begins the keys of titles that the server has not heard of yet. */
export const TITLE = 'quire:title:'
/** What is noted of documents outside their databases. */
const NOTES = [WRITABLE, INFO, TITLE]
/** The cache of lists of documents. */
export const LISTS = 'lists'
const CONFIRMED = 'confirmed'
const SEEN = 'seen'
/** A browser that does not open its storage in this time counts as having none, until it does. */
const PATIENCE = 10_000
const RETRY = 5000
/** Pause in typing after which many stored updates become one. */
const FOLD_AFTER = 1000
/** Part of the browser's quota from which one is warned. */
const TIGHT = 0.9
const QUOTA_CHECK = 60_000

/** Whether changes made now survive a reload; `tight`: still, but the browser's storage is nearly full. */
export type Kept = 'unknown' | 'yes' | 'tight' | 'no'

export function storeName(person: string, documentId: string): string {
  return `${PREFIX}${person}:${documentId}`
}

export class LocalCopy {
  /** Resolves to whether something was kept here before. */
  readonly loaded: Promise<boolean>
  readonly kept = new Store<Kept>('unknown')
  private persistence: IndexeddbPersistence | null = null
  /** What the server was known to hold when that was last noted. */
  confirmed: Y.Snapshot = NOTHING
  /** When that was. */
  seen: number | null = null
  private noting: ReturnType<typeof setTimeout> | undefined
  private nextNote = 0
  private retry: ReturnType<typeof setTimeout> | undefined
  private folding: ReturnType<typeof setTimeout> | undefined
  private quota: ReturnType<typeof setInterval> | undefined
  private closed = false
  private erased = false

  constructor(
    readonly name: string,
    private readonly doc: Y.Doc,
    /** What the server is known to hold now. */
    private readonly held: () => Y.Snapshot,
  ) {
    this.loaded = this.open()
  }

  private async open(): Promise<boolean> {
    if (typeof indexedDB === 'undefined' || !(await canStore())) {
      this.kept.set('no')
      return false
    }
    if (this.closed) return false
    const persistence = (this.persistence = new IndexeddbPersistence(this.name, this.doc))
    const opened = persistence.whenSynced.then(() => this.watch(persistence))
    await Promise.race([opened, new Promise((resolve) => setTimeout(resolve, PATIENCE))])
    if (this.kept.get() === 'unknown') this.kept.set('no')
    return this.doc.store.clients.size > 0
  }

  private async watch(persistence: IndexeddbPersistence): Promise<void> {
    const { db } = persistence
    if (!db || this.closed) return
    // A write that fails ends in an abort, which is told to the database only.
    db.addEventListener('abort', () => this.failed())
    db.addEventListener('close', () => this.detach())
    db.addEventListener('versionchange', () => this.detach())
    this.doc.off('update', persistence._storeUpdate)
    this.doc.on('update', this.write)
    this.confirmed = await storedNote(db)
    this.seen = ((await persistence.get(SEEN)) as number | undefined) ?? null
    this.kept.set('yes')
    void navigator.storage?.persist?.().catch(() => false)
    void this.checkQuota()
    this.quota = setInterval(() => void this.checkQuota(), QUOTA_CHECK)
  }

  /**
   * Stores one update as the library does, and commits at once: a tab that is closed with its last letter would abort
   * a transaction that still waits to be ended by it.
   */
  private readonly write = (update: Uint8Array, origin: unknown): void => {
    const persistence = this.persistence
    if (!persistence?.db || origin === persistence) return
    const transaction = persistence.db.transaction('updates', 'readwrite')
    transaction.objectStore('updates').add(update)
    transaction.commit()
    if (++persistence._dbsize < PREFERRED_TRIM_SIZE) return
    clearTimeout(this.folding)
    this.folding = setTimeout(() => void storeState(persistence, false), FOLD_AFTER)
  }

  /** Somebody deleted the copy (signed out in another tab): this tab goes on without one. */
  private detach(): void {
    this.erased = true
    this.doc.off('update', this.write)
    clearTimeout(this.folding)
    clearTimeout(this.retry)
    clearInterval(this.quota)
    this.kept.set('no')
  }

  /** A write was lost, so that what follows may hang in the air: the whole document is stored anew. */
  private failed(): void {
    if (this.closed) return
    this.kept.set('no')
    clearTimeout(this.retry)
    this.retry = setTimeout(() => {
      const db = this.persistence?.db
      if (!db || this.closed) return
      const transaction = db.transaction('updates', 'readwrite')
      transaction.objectStore('updates').add(Y.encodeStateAsUpdate(this.doc))
      transaction.commit()
      transaction.oncomplete = () => {
        this.kept.set('yes')
        void this.checkQuota()
      }
    }, RETRY)
  }

  private async checkQuota(): Promise<void> {
    const { usage, quota }: StorageEstimate = (await navigator.storage?.estimate?.().catch(() => undefined)) ?? {}
    const kept = this.kept.get()
    if (usage === undefined || !quota || kept === 'no') return
    this.kept.set(usage > TIGHT * quota ? 'tight' : 'yes')
  }

  /** The origin of updates that come from the local copy. */
  get origin(): unknown {
    return this.persistence
  }

  /**
   * Notes what the server is known to hold, as it is when the note is written. A note may cost a walk over the
   * document, so it takes its time: a late one only makes saved work look unsent after a crash.
   */
  confirm(): void {
    this.noting ??= setTimeout(() => void this.note(), Math.max(0, this.nextNote - Date.now()))
  }

  /** Writes the note now: the page is about to go, or somebody asks what is unsent. */
  async note(): Promise<void> {
    clearTimeout(this.noting)
    this.noting = undefined
    const started = performance.now()
    this.confirmed = joined(this.confirmed, this.held())
    const db = this.persistence?.db
    if (db && this.kept.get() !== 'no' && !this.closed) {
      const [custom] = idb.transact(db, ['custom'])
      this.nextNote = Date.now() + Math.max(1000, 50 * (performance.now() - started))
      if (custom) await write(custom, this.confirmed)
    }
  }

  /** Whether the server last let this person write: holds until it says otherwise, so that offline work goes on. */
  get writable(): boolean {
    return readItem(WRITABLE + this.name) === 'yes'
  }

  set writable(value: boolean) {
    writeItem(WRITABLE + this.name, value ? 'yes' : null)
  }

  /** What is known of the document besides its text, for opening it without a network. */
  keepInfo(info: DocumentInfo): void {
    if (!this.erased) writeItem(INFO + this.name, JSON.stringify(info))
  }

  async close(): Promise<void> {
    this.end()
    await this.persistence?.destroy()
  }

  /** Deletes the copy and its note; the document in this tab stays. */
  async erase(): Promise<void> {
    this.end()
    this.kept.set('no')
    await this.persistence?.destroy()
    await deleteStore(this.name)
    this.writable = false
    this.erased = true
    writeItem(INFO + this.name, null)
  }

  private end(): void {
    this.closed = true
    this.doc.off('update', this.write)
    clearTimeout(this.folding)
    clearTimeout(this.noting)
    clearTimeout(this.retry)
    clearInterval(this.quota)
  }
}

/** Adds to what other tabs noted; one transaction, so that no note takes another's back. */
async function write(custom: IDBObjectStore, snapshot: Y.Snapshot): Promise<void> {
  const known = (await idb.get(custom, CONFIRMED)) as unknown as Uint8Array | undefined
  const sum = known ? joined(Y.decodeSnapshot(known), snapshot) : snapshot
  await idb.put(custom, Y.encodeSnapshot(sum) as never, CONFIRMED)
  await idb.put(custom, Date.now() as never, SEEN)
}

async function storedNote(db: IDBDatabase): Promise<Y.Snapshot> {
  const [custom] = idb.transact(db, ['custom'], 'readonly')
  const known = custom && ((await idb.get(custom, CONFIRMED)) as unknown as Uint8Array | undefined)
  return known ? Y.decodeSnapshot(known) : NOTHING
}

/** Private windows and full disks refuse to store: find out before work is at risk. */
async function canStore(): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open('quire-probe')
      request.onerror = () => resolve(false)
      request.onblocked = () => resolve(false)
      request.onsuccess = () => {
        request.result.close()
        resolve(true)
      }
    } catch {
      resolve(false)
    }
  })
}

/** What was last known of a document that is kept here. */
export function keptInfo(person: string, documentId: string): DocumentInfo | null {
  return readJson<DocumentInfo>(INFO + storeName(person, documentId))
}

/** What was last known of every document of this person that is kept here. */
export function keptInfos(person: string): DocumentInfo[] {
  const start = INFO + storeName(person, '')
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(start))
    return keys.flatMap((key) => keptInfo(person, key.slice(start.length)) ?? [])
  } catch {
    return []
  }
}

export function keepInfo(person: string, info: DocumentInfo): void {
  writeItem(INFO + storeName(person, info.id), JSON.stringify(info))
}

/** Notes that this person may write in the document: its maker may. */
export function allowWriting(person: string, documentId: string): void {
  writeItem(WRITABLE + storeName(person, documentId), 'yes')
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

/** Adds an update to a local copy, which is made if there is none. */
export async function store(name: string, update: Uint8Array): Promise<void> {
  await read(name, async (db) => {
    const [updates] = idb.transact(db, ['updates'])
    if (updates) await idb.addAutoKey(updates, update as unknown as ArrayBuffer)
  })
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

async function deleteStore(name: string): Promise<void> {
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
  for (const key of Object.keys(localStorage))
    if (NOTES.some((note) => key.startsWith(note))) localStorage.removeItem(key)
  if ('caches' in window) await caches.delete(LISTS)
}
