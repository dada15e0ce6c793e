/**
 * Which local copies hold nothing unsent, so that not all of them have to be opened to find those that do. A copy is
 * marked by who read it while no tab had it open; who opens it takes the mark away before a word can be written. A copy
 * without a mark has to be read.
 */
import * as idb from 'lib0/indexeddb'
import { uuidv4 } from 'lib0/random'

/** Goes with the copies: it names them. */
export const MARKED = 'quire-sent'
const MARKS = 'marks'
const SENT = true

/** The copies that need not be read. */
export async function markedSent(): Promise<Set<string>> {
  const marks = new Set<string>()
  try {
    await transact('readonly', (store) => {
      const cursor = store.openCursor()
      cursor.onsuccess = () => {
        if (!cursor.result) return
        if (cursor.result.value === SENT) marks.add(String(cursor.result.key))
        cursor.result.continue()
      }
    })
  } catch {
    marks.clear()
  }
  return marks
}

/** Takes the mark of a copy away: it is going to be written. Fails where this browser stores nothing. */
export async function unmark(name: string): Promise<void> {
  await transact('readwrite', (store) => void store.delete(name))
}

/**
 * Reads a copy by `isSent`, and marks it when that is so and no tab has it open. Whoever opens it meanwhile takes the
 * claim away, and there is no mark.
 */
export async function readToMark(name: string, isSent: () => Promise<boolean>): Promise<boolean> {
  const locks = navigator.locks as LockManager | undefined
  if (!locks) return isSent()
  const claim = uuidv4()
  await transact('readwrite', (store) => void store.put(claim, name)).catch(() => undefined)
  return locks.request(name, { ifAvailable: true }, async (closed) => {
    const sent = await isSent()
    if (sent && closed) await settle(name, claim).catch(() => undefined)
    return sent
  })
}

/** Says that this tab has a copy open, until the function that it returns is called. */
export function holdOpen(name: string): () => void {
  let release = (): void => undefined
  const closed = new Promise<void>((resolve) => (release = resolve))
  const locks = navigator.locks as LockManager | undefined
  void locks?.request(name, { mode: 'shared' }, () => closed).catch(() => undefined)
  return release
}

async function settle(name: string, claim: string): Promise<void> {
  await transact('readwrite', (store) => {
    const known = store.get(name)
    known.onsuccess = () => {
      if (known.result === claim) store.put(SENT, name)
    }
  })
}

/** Resolves when the work is committed. */
async function transact(mode: IDBTransactionMode, work: (store: IDBObjectStore) => void): Promise<void> {
  const db = await idb.openDB(MARKED, (fresh) => idb.createStores(fresh, [[MARKS]]))
  try {
    await new Promise<void>((resolve, reject) => {
      const transaction = db.transaction(MARKS, mode)
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(new Error(String(transaction.error)))
      work(transaction.objectStore(MARKS))
    })
  } finally {
    db.close()
  }
}
