/**
 * The local copy of an open document, in a database of its own. Storage can refuse at any time; whether changes made
 * now would survive a reload is always said.
 */
import { IndexeddbPersistence, PREFERRED_TRIM_SIZE, storeState } from 'y-indexeddb'
import * as Y from 'yjs'
import type { DocumentInfo } from '../../api/client'
import { joined, NOTHING } from '../ledger/unsent'
import { Observable } from '../observable'
import { addLastNote, addNote, deleteStore, forgetPicture, keepPicture, keptPictures, noteIn, store } from './copies'
import { forgetWriters, isWritable, keepInfo, keepLastNote, keepLink, keepWritable } from './notes'
import { holdOpen, unmark } from './sentMarks'

/** A browser that does not open its storage in this time counts as having none, until it does. */
const OPEN_TIMEOUT_MS = 10_000
const RETRY_MS = 5000
/** What was just heard is noted so much later: by then the server has stored it, or said that it cannot. */
const NOTE_AFTER_MS = 1000
/** Pause in typing after which many stored updates become one. */
const FOLD_AFTER_MS = 1000
/** Part of the browser's quota from which one is warned. */
const TIGHT = 0.9
const QUOTA_CHECK_MS = 60_000

/** Whether changes made now survive a reload; `tight`: still, but the browser's storage is nearly full. */
export type Kept = 'unknown' | 'yes' | 'tight' | 'no'

/** Whether a reload loses nothing. */
export function survives(kept: Kept): boolean {
  return kept === 'yes' || kept === 'tight'
}

export class LocalCopy {
  /** Resolves to whether something was kept here before, when the copy is read or the browser took too long. */
  readonly loaded: Promise<boolean>
  /** Resolves when the copy is read, however long that takes. */
  readonly read: Promise<void>
  readonly kept = new Observable<Kept>('unknown')
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
  private stopWaiting = (): void => undefined
  private readonly release: () => void
  private closed = false
  private erased = false

  constructor(
    readonly name: string,
    private readonly doc: Y.Doc,
    /** What the server is known to hold now. */
    private readonly held: () => Y.Snapshot,
  ) {
    this.release = holdOpen(name)
    this.read = this.begin().catch(() => undefined)
    this.loaded = this.open()
  }

  private async open(): Promise<boolean> {
    const patience = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, OPEN_TIMEOUT_MS)
      this.stopWaiting = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    await Promise.race([this.read, patience])
    this.stopWaiting()
    if (this.kept.get() === 'unknown') this.kept.set('no')
    return this.doc.store.clients.size > 0
  }

  private async begin(): Promise<void> {
    try {
      // Private windows and full disks refuse to store: found out before work is at risk.
      await unmark(this.name)
    } catch {
      this.kept.set('no')
      return
    }
    if (this.closed) return
    this.persistence = new IndexeddbPersistence(this.name, this.doc)
    await this.watch(await this.persistence.whenSynced)
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
    // A write that failed meanwhile says otherwise.
    this.kept.set('yes')
    const { confirmed, seen } = await noteIn(db)
    if (this.closed) return
    this.confirmed = joined(confirmed, this.confirmed)
    this.seen = seen
    void navigator.storage?.persist?.().catch(() => false)
    void this.checkQuota()
    this.quota = setInterval(() => void this.checkQuota(), QUOTA_CHECK_MS)
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
    this.folding = setTimeout(() => void storeState(persistence, false), FOLD_AFTER_MS)
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
    }, RETRY_MS)
  }

  private async checkQuota(): Promise<void> {
    const { usage, quota }: StorageEstimate = (await navigator.storage?.estimate?.().catch(() => undefined)) ?? {}
    const kept = this.kept.get()
    if (usage === undefined || !quota || kept === 'no') return
    this.kept.set(usage > TIGHT * quota ? 'tight' : 'yes')
  }

  /** The origin of updates that come from the local copy; of none while it is not open. */
  get origin(): unknown {
    return this.persistence ?? this
  }

  /**
   * Notes what the server is known to hold, as it is when the note is written. A note may cost a walk over the
   * document, so it takes its time: a late one only makes saved work look unsent after a crash.
   */
  confirm(): void {
    this.noting ??= setTimeout(() => void this.note(), Math.max(NOTE_AFTER_MS, this.nextNote - performance.now()))
  }

  /** Writes the note now: somebody asks what is unsent. */
  async note(): Promise<void> {
    clearTimeout(this.noting)
    this.noting = undefined
    const started = performance.now()
    this.confirmed = joined(this.confirmed, this.held())
    const db = this.persistence?.db
    if (db && this.kept.get() !== 'no' && !this.closed) {
      this.nextNote = performance.now() + 50 * (performance.now() - started)
      await addNote(db, this.confirmed)
    }
  }

  /** Writes it before the page goes. */
  noteLast(): void {
    // It may still be in time, and matters where the other place has no room for it.
    void this.note()
    if (survives(this.kept.get()) && !this.closed) addLastNote(this.name, this.confirmed)
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

  /** The link by which it is open. */
  keepLink(link: string): void {
    if (!this.erased) keepLink(this.name, link)
  }

  /** Pictures that the server does not have yet, by the id of their block; as long as the copy is open. */
  readonly pictures = {
    keep: (id: string, file: File) => this.withOpen(undefined, (db) => keepPicture(db, id, file)),
    all: () => this.withOpen([], keptPictures),
    forget: (id: string) => this.withOpen(undefined, (db) => forgetPicture(db, id)),
  }

  /** Works with the copy when it is read; `absent` where the browser does not store. */
  private async withOpen<T>(absent: T, work: (db: IDBDatabase) => Promise<T>): Promise<T> {
    await this.read
    const db = this.persistence?.db
    return db && !this.closed && !this.erased ? work(db).catch(() => absent) : absent
  }

  /** `unsaved`: the server lacks something, which is kept here though the copy was not open yet. */
  async close(unsaved: boolean): Promise<void> {
    const missing = unsaved && !this.erased && !survives(this.kept.get())
    this.end()
    await this.persistence?.destroy()
    if (missing) await store(this.name, Y.encodeStateAsUpdate(this.doc)).catch(() => undefined)
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
    keepLink(this.name, null)
    keepLastNote(this.name, null)
    forgetWriters(this.name)
  }

  private end(): void {
    this.closed = true
    clearTimeout(this.noting)
    this.stopWaiting()
    this.stop()
    this.release()
  }

  /** Stores nothing from here on. */
  private stop(): void {
    this.doc.off('update', this.write)
    clearTimeout(this.folding)
    clearTimeout(this.retry)
    clearInterval(this.quota)
  }
}
