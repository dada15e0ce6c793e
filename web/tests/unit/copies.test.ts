/** The local copies of documents: what is kept, and which of them hold words that no server has. */
import { IDBFactory, IDBObjectStore } from 'fake-indexeddb'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { NOTHING } from '../../src/sync/ledger/unsent'
import { confirmStored, store, unsentOf } from '../../src/sync/storage/copies'
import { LocalCopy } from '../../src/sync/storage/localCopy'
import { storeName } from '../../src/sync/storage/notes'
import { readToMark } from '../../src/sync/storage/sentMarks'
import { newDevice, paragraph } from '../replicas/device'

const names = (count: number) => Array.from({ length: count }, (_, index) => storeName('ada', `document-${index}`))

beforeEach(newDevice)

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

/** Counts how often copies are opened. */
function opening(): () => number {
  const open = vi.spyOn(IDBFactory.prototype, 'open')
  return () => open.mock.calls.filter(([name]) => name.startsWith('quire:')).length
}

async function keepSent(name: string): Promise<void> {
  const update = paragraph('sent')
  await store(name, update)
  await confirmStored(name, [update])
}

async function openCopy(name: string, held = NOTHING): Promise<{ doc: Y.Doc; copy: LocalCopy }> {
  const doc = new Y.Doc()
  const copy = new LocalCopy(name, doc, () => held)
  await copy.loaded
  return { doc, copy }
}

test('copies known to be sent are not opened again to find those that are not', async () => {
  for (const name of names(20)) await keepSent(name)
  expect(await unsentOf('ada')).toEqual([])
  await store(storeName('ada', 'other'), paragraph('unsent'))
  const opened = opening()
  expect(await unsentOf('ada')).toEqual(['other'])
  expect(await unsentOf('ada')).toEqual(['other'])
  expect(opened()).toBe(2)
  await store(storeName('ada', 'document-7'), paragraph('more'))
  expect((await unsentOf('ada')).sort()).toEqual(['document-7', 'other'])
})

test('words of a tab that ended without a word are found', async () => {
  const [name = ''] = names(1)
  await keepSent(name)
  expect(await unsentOf('ada')).toEqual([])
  const { doc, copy } = await openCopy(name)
  Y.applyUpdate(doc, paragraph('and then it crashed'))
  expect(await unsentOf('ada')).toEqual(['document-0'])
  await copy.close(false)
})

test('what pages noted as they went is known together, and counts beside every later note', async () => {
  const [name = ''] = names(1)
  const updates = ['by one page', 'by another', 'and later'].map(paragraph)
  for (const update of updates) await store(name, update)
  const held = updates.map((update) => {
    const doc = new Y.Doc()
    Y.applyUpdate(doc, update)
    return Y.snapshot(doc)
  })
  const [one, other] = await Promise.all(held.slice(0, 2).map((snapshot) => openCopy(name, snapshot)))
  one?.copy.noteLast()
  other?.copy.noteLast()
  expect(await unsentOf('ada')).toEqual(['document-0'])
  const last = await openCopy(name, held[2])
  await last.copy.note()
  expect(await unsentOf('ada')).toEqual([])
  for (const opened of [one, other, last]) await opened?.copy.close(false)
})

test('no copy is marked that is open', async () => {
  const [name = ''] = names(1)
  await keepSent(name)
  const first = await openCopy(name)
  expect(await unsentOf('ada')).toEqual([])
  Y.applyUpdate(first.doc, paragraph('written after the look'))
  await first.copy.close(false)
  expect(await unsentOf('ada')).toEqual(['document-0'])
})

test('no copy is marked that is opened, written and closed while it is read', async () => {
  const [name = ''] = names(1)
  await keepSent(name)
  await readToMark(name, async () => {
    const { doc, copy } = await openCopy(name)
    Y.applyUpdate(doc, paragraph('written meanwhile'))
    await copy.close(false)
    return true
  })
  expect(await unsentOf('ada')).toEqual(['document-0'])
})

test('a browser without locks looks into every copy', async () => {
  Object.defineProperty(navigator, 'locks', { value: undefined, configurable: true })
  for (const name of names(2)) await keepSent(name)
  expect(await unsentOf('ada')).toEqual([])
  const opened = opening()
  await unsentOf('ada')
  expect(opened()).toBe(2)
})

test('a copy that cannot be written fails, and nothing of it stays open', async () => {
  const [name = ''] = names(1)
  const { add } = IDBObjectStore.prototype
  vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementation(function (this: IDBObjectStore, ...rest) {
    const request = add.apply(this, rest)
    // Full: told after the request was answered.
    request.addEventListener('success', () => this.transaction.abort())
    return request
  })
  const close = vi.spyOn(IDBDatabase.prototype, 'close')
  const opened = opening()
  await expect(store(name, paragraph('too much'))).rejects.toThrow()
  expect(opened()).toBe(1)
  expect(close.mock.contexts.map((db) => (db as IDBDatabase).name)).toContain(name)
})
