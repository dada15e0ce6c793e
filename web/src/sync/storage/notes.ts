/** What is kept of documents besides their databases, under the names of these: for opening without a network. */
import type { DocumentInfo } from '../../api/client'
import { readItem, readJson, writeItem } from '../../browser/storage'

/** Begins the names of all local copies. */
export const PREFIX = 'quire:'
const WRITABLE = 'quire:writable:'
const INFO = 'quire:info:'
const LINK = 'quire:link:'
const WRITERS = 'quire:writers:'
const LAST = 'quire:last:'
/** Begins the keys of titles that the server has not heard of yet. */
export const TITLE = 'quire:title:'
const NOTES = [WRITABLE, INFO, LINK, WRITERS, LAST, TITLE]
/** The cache of lists of documents, and where in it each person's is. */
export const LISTS = 'lists'
export const KEPT = '/kept/'

/** The version of a document that the server has not heard of. */
export const UNHEARD = 0

/** Owns the local copies of whoever is not signed in. */
export const GUEST = 'guest'

/** The name of a document's local copy. */
export function storeName(person: string, documentId: string): string {
  return `${PREFIX}${person}:${documentId}`
}

/** Whether the server last let this person write: holds until it says otherwise, so that offline work goes on. */
export function isWritable(name: string): boolean {
  return readItem(WRITABLE + name) === 'yes'
}

/** Notes what `isWritable` tells. */
export function keepWritable(name: string, writable: boolean): void {
  writeItem(WRITABLE + name, writable ? 'yes' : null)
}

/** The token of the link that a document was last opened by: what was written over it is sent by it, too. */
export function keptLink(name: string): string | null {
  return readItem(LINK + name)
}

/** Notes what `keptLink` tells; null forgets it. */
export function keepLink(name: string, link: string | null): void {
  writeItem(LINK + name, link)
}

/** Writers of a document that are remembered: each tab that writes is one. */
const MOST_WRITERS = 50

/** As which client of the document a tab wrote, and what of that was young when it wrote last. */
interface Writer {
  client: number
  /** The clock of the first word that was young. */
  since: number
  /** When it wrote last, in milliseconds. */
  at: number
}

/** The tabs of this device that wrote in a document, the last ones last. */
export function keptWriters(name: string): Writer[] {
  return readJson<Writer[]>(WRITERS + name) ?? []
}

/** Notes one more of them, or what it wrote since. */
export function keepWriter(name: string, writer: Writer): void {
  const others = keptWriters(name).filter(({ client }) => client !== writer.client)
  writeItem(WRITERS + name, JSON.stringify([...others, writer].slice(-MOST_WRITERS)))
}

/** Forgets them. */
export function forgetWriters(name: string): void {
  writeItem(WRITERS + name, null)
}

/** What pages that were about to go knew the server to hold of a document, encoded. */
export function lastNote(name: string): string | null {
  return readItem(LAST + name)
}

/** Notes it: here, since a page that goes may not live to see a database answer. Null forgets it. */
export function keepLastNote(name: string, note: string | null): void {
  writeItem(LAST + name, note)
}

/** Keeps what is known of the document besides its text; null forgets it. */
export function keepInfo(name: string, info: DocumentInfo | null): void {
  writeItem(INFO + name, info && JSON.stringify(info))
}

/** What was last known of a document that is kept here. */
export function keptInfo(person: string, documentId: string): DocumentInfo | null {
  return readJson<DocumentInfo>(INFO + storeName(person, documentId))
}

/** Calls `then` when another tab changes what is known of the document. Returns how to stop. */
export function watchInfo(name: string, then: () => void): () => void {
  const hear = ({ key }: StorageEvent): void => {
    if (key === INFO + name) then()
  }
  window.addEventListener('storage', hear)
  return () => window.removeEventListener('storage', hear)
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

/** The names of copies of which the server has not heard, or not by their title. */
export function unheardNotes(): string[] {
  try {
    return Object.keys(localStorage).flatMap((key) => {
      if (key.startsWith(TITLE)) return PREFIX + key.slice(TITLE.length)
      return key.startsWith(INFO) && readJson<DocumentInfo>(key)?.version === UNHEARD ? key.slice(INFO.length) : []
    })
  } catch {
    return []
  }
}

/** Removes all of it but what belongs to the copies, or to the people, that stay. */
export async function forgetNotes(stays: (name: string) => boolean): Promise<void> {
  try {
    for (const key of Object.keys(localStorage)) {
      const note = NOTES.find((note) => key.startsWith(note))
      const name = note && key.slice(note.length)
      if (name !== undefined && !stays(note === TITLE ? PREFIX + name : name)) localStorage.removeItem(key)
    }
    const lists = await caches.open(LISTS)
    for (const list of await lists.keys())
      if (!stays(storeName(new URL(list.url).pathname.slice(KEPT.length), ''))) await lists.delete(list)
  } catch {
    // A browser that forbids these keeps nothing in them.
  }
}
