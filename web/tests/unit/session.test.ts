/** One open document: what is said of it, what is kept of it, and that nothing of it stays when it is left. */
import { IDBObjectStore } from 'fake-indexeddb'
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import type { RoleName } from '../../src/api/client'
import { CONNECTED } from '../../src/browser/events'
import { rescueWords } from '../../src/editor/rescue'
import { startI18n } from '../../src/i18n'
import { sharedSocket } from '../../src/sync/connection/socket'
import { changeMade, makeHere, newDocumentId } from '../../src/sync/outbox/madeOffline'
import { bringMade } from '../../src/sync/outbox/unattended'
import { DocumentSession } from '../../src/sync/session/session'
import { confirmStored, store, unsentOf } from '../../src/sync/storage/copies'
import { GUEST, keptInfo, keptLink, storeName } from '../../src/sync/storage/notes'
import { hurry, newDevice, paragraph, slowStorage } from '../replicas/device'
import { MemoryServer } from '../replicas/server'

const ME = { id: 'ada', name: 'Ada', color: '#2f5d50' }
let server: MemoryServer
let open: DocumentSession[] = []

beforeAll(startI18n)

beforeEach(() => {
  newDevice()
  server = new MemoryServer()
})

afterEach(async () => {
  await Promise.all(open.map((session) => session.close()))
  open = []
  server.end()
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

function start(id: string, person = 'ada', link: string | null = null): DocumentSession {
  const session = new DocumentSession(id, ME, person, link, rescueWords)
  open.push(session)
  return session
}

const status = (session: DocumentSession) => session.state.get().status.kind
const becomes = (session: DocumentSession, kind: string) => vi.waitFor(() => expect(status(session)).toBe(kind), 15_000)

/** Another tab changes what is noted of a document that the server has not heard of. */
function changeElsewhere(id: string, change: Parameters<typeof changeMade>[1]): void {
  changeMade({ id, owner: { id: 'ada', name: 'Ada' } }, change)
  window.dispatchEvent(new StorageEvent('storage', { key: `quire:info:${storeName('ada', id)}` }))
}

async function madeOffline(): Promise<{ id: string; session: DocumentSession }> {
  const id = newDocumentId('ada')
  server.goAway()
  makeHere(ME, id, 'Begun on a train')
  const session = start(id)
  await becomes(session, 'offline')
  Y.applyUpdate(session.doc, paragraph('Begun on a train.'))
  return { id, session }
}

test('what is written while the server is told of what was written offline does not come ahead of that', async () => {
  const id = newDocumentId('ada')
  server.keep(id)
  const session = start(id)
  await becomes(session, 'saved')
  const writes = (words: string): void => session.fragment.insert(session.fragment.length, [new Y.XmlText(words)])
  server.goAway()
  await becomes(session, 'offline')
  writes('offline')
  window.addEventListener(CONNECTED, () => writes('at once'), { once: true })
  server.comeBack()
  await vi.waitFor(() => expect(server.words(id)).toBe('offline\nat once'))
  await becomes(session, 'saved')
  writes('later')
  await vi.waitFor(() => expect(server.words(id)).toBe('offline\nat once\nlater'))
  expect(server.hadToWait).toBe(false)
})

test('what is written is sent while a word is composed that holds others’ changes back', async () => {
  const { id, session } = await reconnecting(() => true)
  server.comeBack()
  await vi.waitFor(() => expect(server.words(id)).toContain('offline'))
  Y.applyUpdate(session.doc, paragraph('later'))
  await vi.waitFor(() => expect(server.words(id)).toContain('later'))
  await becomes(session, 'saved')
  expect(session.text()).not.toContain('from another')
})

test('a connection that ended before what came on it was taken in is not thought to have brought all', async () => {
  const { id, session } = await reconnecting(() => true)
  server.receipts = false
  server.comeBack()
  await vi.waitFor(() => expect(server.words(id)).toContain('offline'))
  server.blocked = true
  server.end()
  await vi.waitFor(() => expect(server.requests).toContain(`POST /documents/${id}/sync`), 15_000)
  await becomes(session, 'saved')
})

/** A document in which somebody else wrote, and one oneself, while there was no network. */
async function reconnecting(held: () => boolean): Promise<{ id: string; session: DocumentSession }> {
  const id = newDocumentId('ada')
  server.keep(id)
  const session = start(id)
  await becomes(session, 'saved')
  session.onRemote(held, () => undefined)
  server.goAway()
  await becomes(session, 'offline')
  server.write(id, paragraph('from another'))
  Y.applyUpdate(session.doc, paragraph('offline'))
  return { id, session }
}

test('a document that was made without a network and thrown away in another tab is told so and does not come back', async () => {
  const { id, session } = await madeOffline()
  changeElsewhere(id, { trashed_at: '2030-01-01' })
  expect(session.state.get()).toMatchObject({ readOnly: true, problem: { kind: 'not-found' } })
  expect(session.state.get().stranded?.words).toBe('Begun on a train.')
  expect(status(session)).toBe('stranded')
  server.comeBack()
  await bringMade('ada')
  expect(server.words(id).trim()).toBe('Begun on a train.')
  expect(server.documents.get(id)?.trashed).toBe(true)
  expect(server.requests.filter((request) => request === 'POST /documents')).toHaveLength(1)
})

test('a document that is thrown away while the server makes it stays in the trash', async () => {
  const { id, session } = await madeOffline()
  const { keep } = server
  server.keep = (made) => {
    changeMade({ id, owner: { id: 'ada', name: 'Ada' } }, { trashed_at: '2030-01-01' })
    return keep.call(server, made)
  }
  server.comeBack()
  await vi.waitFor(() => expect(session.state.get().problem?.kind).toBe('not-found'))
  await bringMade('ada')
  expect(server.documents.get(id)?.trashed).toBe(true)
})

test('opened again it is in the trash, and restored it goes to the server with its words', async () => {
  const { id, session } = await madeOffline()
  await session.close()
  changeElsewhere(id, { trashed_at: '2030-01-01' })
  server.comeBack()
  const again = start(id)
  await vi.waitFor(() => expect(again.state.get().stranded?.words).toBe('Begun on a train.'))
  expect(server.documents.has(id)).toBe(false)
  changeElsewhere(id, { trashed_at: null })
  again.reauthenticate()
  expect(again.state.get()).toMatchObject({ readOnly: false, problem: null, stranded: null })
  await becomes(again, 'saved')
  expect(server.words(id).trim()).toBe('Begun on a train.')
  expect(keptInfo('ada', id)).toMatchObject({ version: 1, trashed_at: null })
})

/** A document that is saved, and then not known any more: an older backup was put back. */
async function lost(role: RoleName, problem?: string): Promise<{ id: string; session: DocumentSession }> {
  const id = newDocumentId('ada')
  server.keep(id)
  const session = start(id)
  session.keepInfo({ ...server.info(id), title: 'Made yesterday', version: 3, role })
  Y.applyUpdate(session.doc, paragraph('made yesterday'))
  await becomes(session, 'saved')
  await session.note()
  if (problem) server.refusal = problem
  else server.documents.delete(id)
  server.end()
  return { id, session }
}

const copies = async () => (await indexedDB.databases()).filter(({ name }) => name?.startsWith('quire:'))

test('a document that the server does not know any more is brought back by its owner', async () => {
  const { id, session } = await lost('owner')
  await vi.waitFor(() => expect(server.words(id).trim()).toBe('made yesterday'), 5000)
  await becomes(session, 'saved')
  expect(session.state.get()).toMatchObject({ readOnly: false, problem: null, meta: { title: 'Made yesterday' } })
  expect(keptInfo('ada', id)).toMatchObject({ version: 1, title: 'Made yesterday' })
})

test('to others nothing is said to be saved of it: their copy stays, and brings it back when they are let in', async () => {
  const { id, session } = await lost('editor')
  await becomes(session, 'unsaved')
  expect(session.state.get()).toMatchObject({ readOnly: true, problem: { kind: 'unknown' }, kept: 'yes' })
  expect(server.documents.has(id)).toBe(false)
  await session.close()
  server.keep(id)
  await becomes(start(id), 'saved')
  expect(server.words(id)).toBe('made yesterday')
})

test('access that is taken away from a document that the server knows takes the copy along', async () => {
  const { session } = await lost('owner', 'permission-denied')
  await becomes(session, 'closed')
  await vi.waitFor(async () => expect(await copies()).toEqual([]))
  expect(server.requests).not.toContain('POST /documents')
})

test('the link of a document is kept with its copy, and goes with it', async () => {
  const id = newDocumentId('ada')
  server.keep(id)
  const session = start(id, GUEST, 'a token')
  await becomes(session, 'saved')
  expect(keptLink(storeName(GUEST, id))).toBe('a token')
  server.refusal = 'permission-denied'
  session.reauthenticate()
  await vi.waitFor(() => expect(keptLink(storeName(GUEST, id))).toBeNull())
})

test('what the server still confirms of an opening that was left is no receipt for the next one', async () => {
  const id = newDocumentId('ada')
  server.keep(id)
  const first = start(id)
  await becomes(first, 'saved')
  server.receipts = false
  for (const words of ['on', 'its', 'way']) Y.applyUpdate(first.doc, paragraph(words))
  await vi.waitFor(() => expect(server.words(id)).toContain('way'))
  await first.close()
  const ofFirst = server.takeReceipts()
  const second = start(id)
  await becomes(second, 'saving')
  Y.applyUpdate(second.doc, paragraph('and more'))
  const shown: string[] = []
  second.state.subscribe(() => shown.push(status(second)))
  ofFirst()
  server.say(id, { type: 'storage', ok: false, reason: 'the disk is full' })
  await becomes(second, 'unsaved')
  expect(shown).not.toContain('saved')
})

test('that the server could not store is not held against one that can', async () => {
  const id = newDocumentId('ada')
  server.keep(id)
  const session = start(id)
  await becomes(session, 'saved')
  server.say(id, { type: 'storage', ok: false, reason: 'the disk is full' })
  server.receipts = false
  Y.applyUpdate(session.doc, paragraph('words'))
  await becomes(session, 'unsaved')
  server.goAway()
  await becomes(session, 'offline')
  server.comeBack()
  await becomes(session, 'saving')
})

test('a copy that the browser reads only after all patience holds words that are not saved yet, also over HTTPS', async () => {
  const id = newDocumentId('ada')
  server.keep(id)
  server.blocked = true
  await store(storeName('ada', id), paragraph('kept here'))
  const release = slowStorage(storeName('ada', id))
  hurry()
  const session = start(id)
  await becomes(session, 'saved')
  const lies: string[] = []
  session.state.subscribe(() => {
    if (status(session) === 'saved' && session.text() && !server.words(id)) lies.push(session.text())
  })
  release()
  await vi.waitFor(() => expect(server.words(id)).toBe('kept here'))
  await becomes(session, 'saved')
  expect(lies).toEqual([])
})

test('of a copy that is read late only what was not sent is counted', async () => {
  const id = newDocumentId('ada')
  const name = storeName('ada', id)
  server.goAway()
  const sent = paragraph('sent long ago')
  await store(name, sent)
  await confirmStored(name, [sent])
  const release = slowStorage(name)
  hurry()
  const session = start(id)
  await becomes(session, 'offline')
  release()
  await vi.waitFor(() => expect(session.text()).toBe('sent long ago'))
  await vi.waitFor(() => expect(session.state.get().status).toMatchObject({ changes: 0 }))
})

test('a copy that is read late is shown without a network, too', async () => {
  const id = newDocumentId('ada')
  server.goAway()
  await store(storeName('ada', id), paragraph('kept here'))
  const release = slowStorage(storeName('ada', id))
  hurry()
  const session = start(id)
  await becomes(session, 'offline')
  expect(session.state.get().ready).toBe(false)
  release()
  await vi.waitFor(() => expect(session.state.get().ready).toBe(true))
  expect(session.text()).toBe('kept here')
})

test('words in a copy that is read only after access has gone are not thrown away', async () => {
  const id = newDocumentId('ada')
  server.keep(id)
  server.refusal = 'permission-denied'
  await store(storeName('ada', id), paragraph('kept here'))
  const release = slowStorage(storeName('ada', id))
  hurry()
  const session = start(id)
  await vi.waitFor(() => expect(session.state.get()).toMatchObject({ problem: { kind: 'denied' }, kept: 'no' }))
  release()
  await vi.waitFor(() => expect(session.state.get().stranded?.words).toBe('kept here'))
  expect(await unsentOf('ada')).toEqual([id])
})

test('a copy whose write fails while it is opened is not said to keep anything', async () => {
  const id = newDocumentId('ada')
  server.keep(id)
  const { get } = IDBObjectStore.prototype
  const reading = vi.spyOn(IDBObjectStore.prototype, 'get').mockImplementation(function (this: IDBObjectStore, key) {
    if (reading.mock.calls.length === 1) this.transaction.db.transaction('updates', 'readwrite').abort()
    return get.call(this, key)
  })
  const session = start(id)
  await becomes(session, 'saved')
  expect(session.state.get().kept).toBe('no')
})

test('a page that goes as soon as all is saved leaves nothing that looks unsent', async () => {
  const id = newDocumentId('ada')
  server.keep(id)
  const session = start(id)
  Y.applyUpdate(session.doc, paragraph('just saved'))
  await becomes(session, 'saved')
  // It does not live to see its database do or answer anything.
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => ({}) as never)
  window.dispatchEvent(new Event('pagehide'))
  expect(await unsentOf('ada')).toEqual([])
})

test('words that were written before the copy was open are kept when the document is left', async () => {
  const id = newDocumentId('ada')
  server.goAway()
  const session = start(id)
  Y.applyUpdate(session.doc, paragraph('at once'))
  const closing = new Event('beforeunload', { cancelable: true })
  window.dispatchEvent(closing)
  expect(closing.defaultPrevented).toBe(true)
  await session.close()
  expect(await unsentOf('ada')).toEqual([id])
})

test.each(['asked', 'looked at'] as const)(
  'a dead link is noticed when it is %s, also by a clock that was set back',
  async (how) => {
    const id = newDocumentId('ada')
    server.keep(id)
    await becomes(start(id), 'saved')
    const [dead] = server.sockets
    const [now, uptime] = [Date.now(), performance.now()]
    vi.spyOn(Date, 'now').mockReturnValue(now - 3_600_000)
    if (how === 'asked') {
      hurry()
      window.dispatchEvent(new Event('pageshow'))
    } else {
      vi.spyOn(performance, 'now').mockReturnValue(uptime + 60_000)
      sharedSocket().checkConnection()
    }
    await vi.waitFor(() => expect(server.sockets).not.toContain(dead))
    await vi.waitFor(() => expect(server.sockets.size).toBe(1))
  },
)

test.each([true, false])('what is heard counts as sent if the server stores what it passes on (%s)', async (stores) => {
  const id = newDocumentId('ada')
  server.keep(id)
  const session = start(id)
  await becomes(session, 'saved')
  server.say(id, { type: 'storage', ok: stores, reason: 'the disk is full' })
  // By another tab of this browser, perhaps, which keeps it in the same copy and then ends.
  server.write(id, paragraph('only in memory'))
  await vi.waitFor(() => expect(session.text()).toBe('only in memory'))
  await session.close()
  expect(await unsentOf('ada')).toEqual(stores ? [] : [id])
})

test('what waits for words that others have yet to bring back is being saved, and is told of when they do not come', async () => {
  const id = newDocumentId('ada')
  server.keep(id)
  const session = start(id)
  await becomes(session, 'saved')
  server.receipts = false
  session.fragment.insert(0, [new Y.XmlText('said')])
  await becomes(session, 'saving')
  vi.useFakeTimers({ shouldAdvanceTime: true })
  const detail = 'somebody has yet to write what this deletes; it will be asked for again'
  server.say(id, { type: 'refused', reason: 'client-taken', detail })
  await vi.advanceTimersByTimeAsync(9000)
  expect(session.state.get()).toMatchObject({ status: { kind: 'saving' }, refused: null })
  await vi.advanceTimersByTimeAsync(2000)
  expect(session.state.get().status).toEqual({ kind: 'unsaved', reason: detail })
  server.takeReceipts()()
  await vi.waitFor(() => expect(session.state.get()).toMatchObject({ status: { kind: 'saved' }, refused: null }))
})
