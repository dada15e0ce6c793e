/** Who looks after the words of a tab that is closed. */
import { beforeEach, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { rescueWords } from '../../src/editor/rescue'
import { Authorship } from '../../src/sync/session/authorship'
import { keepWriter, keptWriters } from '../../src/sync/storage/notes'
import { newDevice } from '../replicas/device'

const EARLIER = 7
const SENT = 6
const id = (clock: number) => Y.createID(EARLIER, clock)

beforeEach(() => {
  newDevice()
  keepWriter('a document', { client: EARLIER, since: 0, at: 0 })
})

function copy(update: Uint8Array, client?: number): Y.Doc {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update, 'other')
  if (client !== undefined) doc.clientID = client
  return doc
}

/** A document as the server has it, and with what an earlier tab wrote in it offline. */
function documents(): { server: Y.Doc; offline: Uint8Array } {
  const server = new Y.Doc()
  const paragraph = new Y.XmlElement('paragraph')
  paragraph.insert(0, [new Y.XmlText('alpha beta gamma')])
  server.getXmlFragment('default').push([paragraph])
  const earlier = copy(Y.encodeStateAsUpdate(server), EARLIER)
  const text = (earlier.getXmlFragment('default').get(0) as Y.XmlElement).get(0) as Y.XmlText
  text.insert(16, ' known')
  Y.applyUpdate(server, Y.encodeStateAsUpdate(earlier))
  text.insert(6, 'OFFLINE ')
  return { server, offline: Y.encodeStateAsUpdate(earlier) }
}

function lookAfter(reloaded: Y.Doc, authorship: Authorship): void {
  rescueWords(
    reloaded,
    (origin) => origin === 'server',
    (one) => authorship.writtenAt(one),
  )
}

/** Somebody makes a heading of the paragraph of which these words had come. */
function makeHeading(server: Y.Doc, words: string): void {
  const heading = new Y.XmlElement('heading')
  heading.insert(0, [new Y.XmlText(words)])
  server.transact(() => {
    const blocks = server.getXmlFragment('default')
    blocks.delete(0, 1)
    blocks.push([heading])
  })
}

test('the first tab after it takes over what no server has, and no other does until that is closed', async () => {
  const { offline } = documents()
  const [first, second] = [copy(offline), copy(offline)].map((doc) => new Authorship('a document', doc))
  await first?.inherit(new Map([[EARLIER, SENT]]))
  expect(first?.writtenAt(id(SENT))).toBe(SENT)
  expect(first?.writtenAt(id(SENT - 1))).toBeNull()
  await second?.inherit(new Map([[EARLIER, SENT]]))
  expect(second?.writtenAt(id(SENT))).toBeNull()
  first?.close()
  await vi.waitFor(async () => {
    await second?.inherit(new Map([[EARLIER, SENT]]))
    expect(second?.writtenAt(id(SENT))).toBe(SENT)
  })
  second?.close()
})

test('words of a tab that is open elsewhere stay with it', async () => {
  const { offline } = documents()
  const writer = new Authorship('a document', copy(offline, EARLIER))
  const reader = new Authorship('a document', copy(offline))
  writer.wrote()
  await reader.inherit(new Map())
  expect(reader.writtenAt(id(SENT))).toBeNull()
  writer.close()
  reader.close()
})

test('so do those that it writes as the other client that Yjs made of it, as somebody seemed to be the same one', async () => {
  const doc = copy(documents().offline, EARLIER)
  const writer = new Authorship('a document', doc)
  writer.wrote()
  doc.clientID = EARLIER + 1
  doc.getXmlFragment('default').push([new Y.XmlElement('paragraph')])
  writer.wrote()
  const reader = new Authorship('a document', copy(Y.encodeStateAsUpdate(doc)))
  await reader.inherit(new Map())
  expect(reader.writtenAt(Y.createID(EARLIER + 1, 0))).toBeNull()
  writer.close()
  reader.close()
})

test('words of others are theirs, also where a reload came before it was noted that the server has them', async () => {
  newDevice()
  const { offline } = documents()
  const reloaded = new Authorship('a document', copy(offline))
  await reloaded.inherit(new Map())
  expect(reloaded.writtenAt(id(SENT))).toBeNull()
  reloaded.close()
})

test('words written offline before a reload go into the heading that somebody made meanwhile', async () => {
  const { server, offline } = documents()
  const reloaded = copy(offline)
  const authorship = new Authorship('a document', reloaded)
  await authorship.inherit(Y.decodeStateVector(Y.encodeStateVector(server)))
  lookAfter(reloaded, authorship)
  const text = (reloaded.getXmlFragment('default').get(0) as Y.XmlElement).get(0) as Y.XmlText
  text.insert(14, 'TWICE ')
  makeHeading(server, 'alpha beta gamma known')
  Y.applyUpdate(reloaded, Y.encodeStateAsUpdate(server), 'server')
  expect(reloaded.getXmlFragment('default').toString()).toBe('<heading>alpha OFFLINE TWICE beta gamma known</heading>')
  authorship.close()
})

test('words written shortly before a reload go into the heading of somebody who had not seen them, though the server has', async () => {
  const { server } = documents()
  const earlier = new Authorship('a document', copy(Y.encodeStateAsUpdate(server), EARLIER))
  earlier.wrote()
  earlier.close()
  const reloaded = copy(Y.encodeStateAsUpdate(server))
  const authorship = new Authorship('a document', reloaded)
  await vi.waitFor(async () => {
    await authorship.inherit(Y.decodeStateVector(Y.encodeStateVector(server)))
    expect(authorship.writtenAt(id(SENT - 1))).toBe(SENT - 1)
  })
  lookAfter(reloaded, authorship)
  makeHeading(server, 'alpha beta gamma')
  Y.applyUpdate(reloaded, Y.encodeStateAsUpdate(server), 'server')
  expect(reloaded.getXmlFragment('default').toString()).toBe('<heading>alpha beta gamma known</heading>')
  authorship.close()
})

test('what was written more than ten minutes before the last words is not young any more', async () => {
  const now = vi.spyOn(Date, 'now')
  const doc = copy(documents().offline, EARLIER)
  const earlier = new Authorship('a document', doc)
  const type = () => (doc.getXmlFragment('default').get(0) as Y.XmlElement).insert(0, [new Y.XmlText('x')])
  const [begin, minute] = [Date.now(), 60_000]
  for (const at of [0, 5, 14]) {
    now.mockReturnValue(begin + at * minute)
    type()
    earlier.wrote()
  }
  earlier.close()
  const [writer] = keptWriters('a document')
  expect(writer).toEqual({ client: EARLIER, since: expect.any(Number) as number, at: begin + 14 * minute })
  expect(writer?.since).toBeGreaterThan(SENT)
  expect(writer?.since).toBeLessThan(Y.getState(doc.store, EARLIER))
  now.mockRestore()
})
