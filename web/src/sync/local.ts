/**
 * The local copy: one IndexedDB database per person and document, and a note of how many changes the server has not
 * confirmed. The note survives a reload; it holds no text.
 */
import { IndexeddbPersistence } from 'y-indexeddb'
import type * as Y from 'yjs'

const PREFIX = 'quire:'
const NOTE = 'quire:unsent:'
const WRITABLE = 'quire:writable:'

export function storeName(person: string, documentId: string): string {
  return `${PREFIX}${person}:${documentId}`
}

export class LocalCopy {
  readonly loaded: Promise<boolean>
  private persistence: IndexeddbPersistence | null = null
  /** Whether changes made now survive a reload. */
  kept = false

  constructor(
    readonly name: string,
    doc: Y.Doc,
  ) {
    this.loaded = this.open(doc)
  }

  private async open(doc: Y.Doc): Promise<boolean> {
    if (typeof indexedDB === 'undefined' || !(await canStore())) return false
    try {
      this.persistence = new IndexeddbPersistence(this.name, doc)
      await this.persistence.whenSynced
      this.kept = true
      void navigator.storage?.persist?.().catch(() => false)
      return doc.store.clients.size > 0
    } catch {
      return false
    }
  }

  /** The origin of updates that come from the local copy. */
  get origin(): unknown {
    return this.persistence
  }

  get unsent(): number {
    return Number(readItem(NOTE + this.name) ?? 0)
  }

  set unsent(count: number) {
    writeItem(NOTE + this.name, count === 0 ? null : String(count))
  }

  /** Whether the server last let this person write: holds until it says otherwise, so that offline work goes on. */
  get writable(): boolean {
    return readItem(WRITABLE + this.name) === 'yes'
  }

  set writable(value: boolean) {
    writeItem(WRITABLE + this.name, value ? 'yes' : null)
  }

  async close(): Promise<void> {
    await this.persistence?.destroy()
  }

  async erase(): Promise<void> {
    await this.persistence?.clearData()
    this.unsent = 0
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

function readItem(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

function writeItem(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key)
    else localStorage.setItem(key, value)
  } catch {
    // Without storage there is nothing that could survive a reload either.
  }
}

/** Documents with changes that no server has confirmed. */
export function unsentDocuments(): { name: string; changes: number }[] {
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(NOTE))
      .map((key) => ({ name: key.slice(NOTE.length), changes: Number(localStorage.getItem(key)) }))
  } catch {
    return []
  }
}

/** Removes every local copy of every document: for signing out on a shared computer. */
export async function clearLocalStores(): Promise<void> {
  const databases = (await indexedDB.databases?.()) ?? []
  await Promise.all(
    databases
      .filter((database) => database.name?.startsWith(PREFIX))
      .map(
        (database) =>
          new Promise<void>((resolve) => {
            const request = indexedDB.deleteDatabase(database.name ?? '')
            request.onsuccess = request.onerror = request.onblocked = () => resolve()
          }),
      ),
  )
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(NOTE) || key.startsWith(WRITABLE)) localStorage.removeItem(key)
  }
  if ('caches' in window) await caches.delete('lists')
}
