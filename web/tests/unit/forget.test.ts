/** What stays on a device that somebody leaves, and what goes. */
import { beforeEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { NOTHING } from '../../src/sync/ledger/unsent'
import { confirmStored, store, unsentOf } from '../../src/sync/storage/copies'
import { countUnsent, forgetAll, forgetOthers } from '../../src/sync/storage/forget'
import { LocalCopy } from '../../src/sync/storage/localCopy'
import { keepLink, storeName } from '../../src/sync/storage/notes'
import { keepTitle } from '../../src/features/document/pendingTitle'
import { newDevice, paragraph } from '../replicas/device'

beforeEach(newDevice)

async function keep(person: string, id: string, sent: boolean): Promise<void> {
  const name = storeName(person, id)
  const update = paragraph(`words of ${person}`)
  await store(name, update)
  if (sent) await confirmStored(name, [update])
  keepLink(name, 'secret')
}

const databases = async () => (await indexedDB.databases()).map(({ name }) => name).sort()
const notes = () => Object.keys(localStorage).sort()

test('signing out leaves no trace of which documents were here', async () => {
  for (const id of ['one', 'two']) await keep('ada', id, true)
  await unsentOf('ada')
  await forgetAll(null)
  expect(await databases()).toEqual([])
  expect(notes()).toEqual([])
})

test('words and titles that no server has stay for their writer, with what sends them', async () => {
  await keep('ada', 'sent', true)
  await keep('ada', 'unsent', false)
  await keep('ada', 'renamed', true)
  keepTitle('ada', 'renamed', { title: 'New', version: 2 })
  expect(await countUnsent('ada')).toBe(2)
  await forgetAll(null)
  const kept = [storeName('ada', 'renamed'), storeName('ada', 'unsent')]
  expect(await databases()).toEqual(['quire-sent', ...kept])
  expect(notes()).toEqual([...kept.map((name) => `quire:link:${name}`), 'quire:title:ada:renamed'])

  // Nobody else gives them up.
  expect(await countUnsent('eve')).toBe(0)
  await forgetAll('eve')
  expect(await databases()).toEqual(['quire-sent', ...kept])
  await forgetAll('ada')
  expect(await databases()).toEqual([])
  expect(notes()).toEqual([])
})

test('what an account left that was signed out elsewhere goes, without what is unsent or still open', async () => {
  for (const person of ['ada', 'eve', 'guest']) await keep(person, 'sent', true)
  await keep('ada', 'unsent', false)
  await keep('ada', 'open', true)
  const copy = new LocalCopy(storeName('ada', 'open'), new Y.Doc(), () => NOTHING)
  await copy.loaded
  await forgetOthers('eve')
  const stays = [
    storeName('ada', 'open'),
    storeName('ada', 'unsent'),
    storeName('eve', 'sent'),
    storeName('guest', 'sent'),
  ]
  expect(await databases()).toEqual(['quire-sent', ...stays])
  expect(notes()).toEqual(stays.map((name) => `quire:link:${name}`))
  await copy.close(false)
  await forgetOthers('eve')
  expect(await databases()).toEqual(['quire-sent', ...stays.slice(1)])
})
