/**
 * What goes from this device when somebody leaves it: everything, except what no server has. That waits for its
 * writer, who alone is shown it.
 */
import { isOpenHere } from '../openDocuments'
import { deleteMarks, deleteStore, storeNames, unsentDocuments } from './copies'
import { forgetNotes, GUEST, storeName, unheardNotes } from './notes'

const belongsTo = (person: string) => (name: string) => name.startsWith(storeName(person, ''))

/** How many documents of this person have anything that only this device holds. */
export async function countUnsent(person: string): Promise<number> {
  return [...(await unsentNames())].filter(belongsTo(person)).length
}

/** Signing out. `discarded`: the person who gives up what no server has of them. */
export async function forgetAll(discarded: string | null): Promise<void> {
  const unsent = await unsentNames()
  const stays = (name: string) => unsent.has(name) && (discarded === null || !belongsTo(discarded)(name))
  const names = await storeNames()
  await Promise.all(names.filter((name) => !stays(name)).map(deleteStore))
  if (!names.some(stays)) await deleteMarks()
  await forgetNotes(stays)
}

/**
 * What accounts left that were signed out from another device goes, as soon as this one hears of it. A document that is
 * still open stays for who signs in over it.
 */
export async function forgetOthers(person: string): Promise<void> {
  const staying = [...(await unsentNames())]
  const present = [person, GUEST].map(belongsTo)
  for (const name of await storeNames()) {
    if (staying.includes(name) || present.some((belongs) => belongs(name))) continue
    if (!(await forgetClosed(name))) staying.push(name)
  }
  await forgetNotes((name) => staying.includes(name) || present.some((belongs) => belongs(name)))
}

/** Deletes a copy unless some tab has it open. */
async function forgetClosed(name: string): Promise<boolean> {
  if (isOpenHere(name.slice(name.lastIndexOf(':') + 1))) return false
  const locks = navigator.locks as LockManager | undefined
  if (locks) return locks.request(name, { ifAvailable: true }, async (closed) => closed !== null && forget(name))
  return forget(name)
}

async function forget(name: string): Promise<true> {
  await deleteStore(name)
  return true
}

async function unsentNames(): Promise<Set<string>> {
  return new Set([...(await unsentDocuments()), ...unheardNotes()])
}
