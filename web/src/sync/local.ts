/**
 * The local copy of an open document, in a database of its own. Storage can refuse at any time; whether changes made
 * now would survive a reload is always said.
 */
import { IndexeddbPersistence, PREFERRED_TRIM_SIZE, storeState } from 'y-indexeddb'
import * as Y from 'yjs'
import type { DocumentInfo } from '../api/client'
import { addNote, deleteStore, noteIn } from './copies'
import { isWritable, keepInfo, keepWritable } from './notes'
import { Store } from './store'
import { joined, NOTHING } from './unsent'

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
    if (!(await canStore())) {
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
    const { confirmed, seen } = await noteIn(db)
    this.confirmed = confirmed
    this.seen = seen
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
    this.stop()
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
      this.nextNote = Date.now() + Math.max(1000, 50 * (performance.now() - started))
      await addNote(db, this.confirmed)
    }
  }

  get writable(): boolean {
    return isWritable(this.name)
  }

  set writable(value: boolean) {
    keepWritable(this.name, value)
  }

  /** What is known of the document besides its text, for opening it without a network. */
  keepInfo(info: DocumentInfo): void {
    if (!this.erased) keepInfo(this.name, info)
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
    keepInfo(this.name, null)
  }

  private end(): void {
    this.closed = true
    clearTimeout(this.noting)
    this.stop()
  }

  /** Stores nothing from here on. */
  private stop(): void {
    this.doc.off('update', this.write)
    clearTimeout(this.folding)
    clearTimeout(this.retry)
    clearInterval(this.quota)
  }
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
