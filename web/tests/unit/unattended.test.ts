/** Words of documents that are not open in this tab. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { makeHere, newDocumentId } from '../../src/sync/outbox/madeOffline'
import { bringMade, findUnknown, sendUnsent, unsent } from '../../src/sync/outbox/unattended'
import { confirmStored, store } from '../../src/sync/storage/copies'
import { GUEST, keepInfo, keepLink, storeName } from '../../src/sync/storage/notes'
import { hurry, newDevice, paragraph } from '../replicas/device'
import { MemoryServer } from '../replicas/server'

let server: MemoryServer
let stop: (() => void) | undefined

beforeEach(() => {
  newDevice()
  server = new MemoryServer()
})

afterEach(() => {
  stop?.()
  vi.unstubAllGlobals()
})

const synced = (id: string) => server.requests.filter((request) => request === `POST /documents/${id}/sync`).length

test('a document that was made without a network is sent once, and counts as sent', async () => {
  const id = newDocumentId('ada')
  makeHere({ id: 'ada', name: 'Ada' }, id, 'Begun on a train')
  await store(storeName('ada', id), paragraph('Begun on a train.'))
  const sent = vi.fn()
  stop = sendUnsent('ada', sent)
  await vi.waitFor(() => expect(sent).toHaveBeenCalledOnce())
  expect(unsent.get()).toEqual(new Set())
  expect(server.words(id)).toBe('Begun on a train.')
  // One question for what the server lacks, and one answer to it.
  expect(synced(id)).toBe(2)
  expect(server.requests.filter((request) => request === 'POST /documents')).toHaveLength(1)
})

test('what its owner kept of documents that the server does not know any more is brought back from the list', async () => {
  const [listed, lost, old, shared] = Array.from({ length: 4 }, () => newDocumentId('ada')) as [
    string,
    string,
    string,
    string,
  ]
  for (const id of [listed, lost, old, shared]) {
    const update = paragraph('Saved before.')
    await store(storeName('ada', id), update)
    await confirmStored(storeName('ada', id), [update])
    keepInfo(storeName('ada', id), { ...server.info(id), updated_at: id === old ? '2000-01-01' : '2030-01-01' })
  }
  keepInfo(storeName('ada', shared), { ...server.info(shared), role: 'editor' })
  server.keep(listed)
  const items = [{ ...server.info(listed), updated_at: '2020-01-01' }]
  expect(await findUnknown('ada', items, false)).toBe(true)
  await bringMade('ada')
  expect(server.words(lost)).toBe('Saved before.')
  expect([...server.documents.keys()]).toEqual([listed, lost])
  expect(await findUnknown('ada', items, true)).toBe(true)
  await bringMade('ada')
  expect(server.words(old)).toBe('Saved before.')
  expect(server.documents.has(shared)).toBe(false)
})

test('words that were written without a network are sent when it is back', async () => {
  const id = newDocumentId('ada')
  server.keep(id)
  server.away = true
  await store(storeName('ada', id), paragraph('Written in a tunnel.'))
  stop = sendUnsent('ada', () => undefined)
  await vi.waitFor(() => expect(unsent.get()).toEqual(new Set([id])))
  server.away = false
  window.dispatchEvent(new Event('online'))
  await vi.waitFor(() => expect(unsent.get()).toEqual(new Set()))
  expect(server.words(id)).toBe('Written in a tunnel.')
  expect(synced(id)).toBe(2)
})

test('a visitor’s words are sent by the link that they were written over, for as long as it works', async () => {
  const [open, closed] = [newDocumentId('ada'), newDocumentId('ada')]
  server.account = null
  server.link = 'a token'
  for (const id of [open, closed]) {
    server.keep(id)
    keepLink(storeName(GUEST, id), id === open ? 'a token' : 'one that was reset')
    await store(storeName(GUEST, id), paragraph('Written by a visitor.'))
  }
  const sent = vi.fn()
  stop = sendUnsent(GUEST, sent)
  await vi.waitFor(() => expect(sent).toHaveBeenCalledOnce())
  expect(server.words(open)).toBe('Written by a visitor.')
  await vi.waitFor(() => expect(synced(closed)).toBe(1))
  expect(server.words(closed)).toBe('')
  expect(unsent.get()).toEqual(new Set([closed]))
})

test('nothing that a visitor wrote is sent in the name of who signed in since', async () => {
  for (const id of [newDocumentId('ada'), newDocumentId('ada')]) {
    server.keep(id)
    await store(storeName(GUEST, id), paragraph('Written by a visitor.'))
  }
  stop = sendUnsent(GUEST, () => undefined)
  await vi.waitFor(() => expect(server.requests).toEqual(['GET /session', 'GET /session']))
  expect(unsent.get().size).toBe(2)
})

test('words wait for their author to sign in again', async () => {
  hurry()
  const id = newDocumentId('ada')
  server.keep(id)
  server.account = null
  await store(storeName('ada', id), paragraph('Written in time.'))
  stop = sendUnsent('ada', () => undefined)
  await vi.waitFor(() => expect(server.requests).toContain('GET /session'))
  server.account = 'ada'
  await vi.waitFor(() => expect(server.words(id)).toBe('Written in time.'))
})

test('a copy that cannot be read is not called sent, and holds up no other', async () => {
  const [broken, whole] = ['a', 'b'].map((start) => start + newDocumentId('ada').slice(1)) as [string, string]
  for (const id of [broken, whole]) server.keep(id)
  await store(storeName('ada', broken), new Uint8Array([1, 255, 255]))
  await store(storeName('ada', whole), paragraph('Sent all the same.'))
  stop = sendUnsent('ada', () => undefined)
  await vi.waitFor(() => expect(server.words(whole)).toBe('Sent all the same.'))
  await vi.waitFor(() => expect(unsent.get()).toEqual(new Set([broken])))
})
