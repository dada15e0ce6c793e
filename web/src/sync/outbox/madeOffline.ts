/** Documents that were made without a network: on this device at once, on the server when it answers. */
import { toHexString } from 'lib0/buffer'
import { digest } from 'lib0/hash/sha256'
import { uuidv4 } from 'lib0/random'
import * as Y from 'yjs'
import { api, setCsrfToken, type Account, type DocumentInfo } from '../../api/client'
import schema from '../../editor/schema/schema.json'
import { store } from '../storage/copies'
import { keepInfo, keepWritable, keptInfo, storeName, UNHEARD } from '../storage/notes'

/** A UUIDv7 that is this person's only: the server gives the id to nobody else, whatever it remembers of it. */
export function newDocumentId(person: string): string {
  const time = Date.now().toString(16).padStart(12, '0')
  const start = `${time.slice(0, 8)}-${time.slice(8)}-7${uuidv4().slice(15, 24)}`
  return start + toHexString(digest(new TextEncoder().encode(`${person}/${start}`))).slice(0, 12)
}

/** Notes a document that its maker begins here. */
export function makeHere({ id: person, name }: Pick<Account, 'id' | 'name'>, id: string, title: string): void {
  const now = new Date().toISOString()
  const copy = storeName(person, id)
  // Its maker may write in it.
  keepWritable(copy, true)
  keepInfo(copy, {
    id,
    title,
    version: UNHEARD,
    role: 'owner',
    owner: { id: person, name },
    created_at: now,
    updated_at: now,
    trashed_at: null,
    link_role: null,
    schema_version: schema.version,
    size_bytes: 0,
  })
}

/** Notes that the server does not know this person's document any more: it comes to it as one that was made here. */
export function makeUnheard(person: string, info: DocumentInfo): void {
  keepInfo(storeName(person, info.id), { ...info, version: UNHEARD, link_role: null })
}

/** Whether the server has not heard of the document. */
export function isUnheard(info: DocumentInfo | null | undefined): boolean {
  return info?.version === UNHEARD
}

/** The first paragraph of a document: the server makes the same one of the same id. */
export function firstContent(id: string): Uint8Array {
  const digits = id.replaceAll('-', '')
  const doc = new Y.Doc()
  doc.clientID = parseInt(digits.slice(-8), 16)
  const paragraph = new Y.XmlElement('paragraph')
  paragraph.setAttribute('id', digits.slice(-12))
  doc.getXmlFragment(schema.fragment).insert(0, [paragraph])
  paragraph.insert(0, [new Y.XmlText()])
  const update = Y.encodeStateAsUpdate(doc)
  doc.destroy()
  return update
}

/** Makes the document on the server, under the title that it has by now. Asked again, it makes no second one. */
export async function announce(person: string, id: string): Promise<DocumentInfo | null> {
  // A start without a network knows no token for changes, and another person may have signed in since.
  const session = await api.session()
  setCsrfToken(session.csrf_token)
  const kept = keptInfo(person, id)
  if (session.account?.id !== person || !kept) return null
  let made = await api.createDocument({ id, title: kept.title })
  const wanted = keptInfo(person, id)?.title ?? made.title
  if (made.version === 1 && made.title !== wanted) made = await api.rename(id, wanted, made.version, null)
  return made
}

/** Makes a new document here, with the words and the title of one whose id the server gives to another; returns its id. */
export async function keepAsNew(person: string, taken: string, words: Y.Doc): Promise<string> {
  const id = newDocumentId(person)
  const doc = new Y.Doc()
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(words))
  // The server begins the new document with a paragraph of its own: the words have one.
  const before = new Set(doc.getXmlFragment(schema.fragment).toArray())
  Y.applyUpdate(doc, firstContent(id))
  const fragment = doc.getXmlFragment(schema.fragment)
  fragment.delete(
    fragment.toArray().findIndex((block) => !before.has(block)),
    1,
  )
  await store(storeName(person, id), Y.encodeStateAsUpdate(doc))
  doc.destroy()
  const kept = keptInfo(person, taken)
  makeHere({ id: person, name: kept?.owner.name ?? '' }, id, kept?.title ?? '')
  return id
}

/**
 * Changes what is noted of a document that the server has not heard of: it hears of the outcome. False when it has heard
 * of it, and must be asked.
 */
export function changeMade(
  { id, owner }: Pick<DocumentInfo, 'id' | 'owner'>,
  change: Partial<Pick<DocumentInfo, 'title' | 'trashed_at'>>,
): boolean {
  const known = keptInfo(owner.id, id)
  if (!known || !isUnheard(known)) return false
  keepInfo(storeName(owner.id, id), { ...known, ...change, updated_at: new Date().toISOString() })
  return true
}
