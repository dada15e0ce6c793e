/** Words that were written without a network, in a paragraph that somebody made a heading of before they arrived. */
import { locks } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { rescueWords } from '../../src/editor/rescue'
import { OtherTabs } from '../../src/sync/connection/otherTabs'
import { newDocumentId } from '../../src/sync/outbox/madeOffline'
import { DocumentSession } from '../../src/sync/session/session'
import { storeName } from '../../src/sync/storage/notes'
import { hurry, newDevice, paragraph, slowStorage } from '../replicas/device'
import { MemoryServer } from '../replicas/server'

const ME = { id: 'ada', name: 'Ada', color: '#2f5d50' }
const HEADING = '<heading>alpha beta gamma</heading>'
const WITH_WORDS = '<heading>alpha OFFLINE beta gamma</heading>'
let server: MemoryServer
let open: { close: () => unknown }[] = []

beforeEach(() => {
  newDevice()
  server = new MemoryServer()
})

afterEach(async () => {
  await Promise.all(open.map((one) => one.close()))
  open = []
  server.end()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

function start(id: string): DocumentSession {
  const session = new DocumentSession(id, ME, 'ada', null, rescueWords)
  open.push(session)
  return session
}

const becomes = (session: DocumentSession, kind: string) =>
  vi.waitFor(() => expect(session.state.get().status.kind).toBe(kind), 5000)
const shown = ({ fragment }: DocumentSession) => fragment.toString()
/** A document takes in what came once a frame. */
const frame = () => new Promise((painted) => requestAnimationFrame(painted))

/** A document that is open, with words that were written without a network. */
async function offline(): Promise<{ id: string; session: DocumentSession }> {
  const id = newDocumentId('ada')
  Y.applyUpdate(server.keep(id).doc, paragraph('alpha beta gamma'))
  const session = start(id)
  await becomes(session, 'saved')
  server.goAway()
  await becomes(session, 'offline')
  const text = (session.fragment.get(0) as Y.XmlElement).get(0) as Y.XmlText
  text.insert(6, 'OFFLINE ')
  return { id, session }
}

/** Somebody who has not seen these words makes a heading of what they are in. */
function makeHeading(id: string): Y.Doc {
  const { doc } = server.documents.get(id) ?? server.keep(id)
  doc.transact(() => {
    const heading = new Y.XmlElement('heading')
    heading.insert(0, [new Y.XmlText('alpha beta gamma')])
    const blocks = doc.getXmlFragment('default')
    blocks.delete(0, 1)
    blocks.push([heading])
  })
  return doc
}

/** The tab with such words was closed, and the heading made meanwhile. */
async function meanwhile(): Promise<{ id: string; heading: Y.Doc }> {
  const { id, session } = await offline()
  await session.close()
  return { id, heading: makeHeading(id) }
}

/** What a browser answers waits until the result is called: that its storage opens, or that a lock is to be had. */
const slow = {
  storage: () => slowStorage(),
  locks: (): (() => void) => {
    let release = (): void => undefined
    const released = new Promise<void>((resolve) => (release = resolve))
    const request = (...all: Parameters<LockManager['request']>) => released.then(() => locks.request(...all))
    Object.defineProperty(navigator, 'locks', { value: { request }, configurable: true })
    return release
  },
  nothing: () => () => undefined,
}

test('the words go into the heading, whether an editor shows them or not', async () => {
  const { id, session } = await offline()
  makeHeading(id)
  server.comeBack()
  await becomes(session, 'saved')
  expect(shown(session)).toBe(WITH_WORDS)
})

test.each(['nothing', 'storage', 'locks'] as const)(
  'those of a closed tab go into it, also where the server is quicker than the browser: %s is slow',
  async (what) => {
    const { id } = await meanwhile()
    const release = slow[what]()
    server.comeBack()
    const session = start(id)
    await vi.waitFor(() => expect(server.sockets.size).toBe(1))
    for (let painted = 0; painted < 5; painted += 1) await frame()
    release()
    await vi.waitFor(() => expect(shown(session)).toBe(WITH_WORDS))
    await becomes(session, 'saved')
    expect(server.words(id)).toBe('alpha OFFLINE beta gamma')
  },
)

test('they do also where the heading comes from another tab', async () => {
  const { id, heading } = await meanwhile()
  const release = slow.storage()
  const heard = new Y.Doc()
  const session = start(id)
  const [other, third] = [heading, heard].map((doc) => new OtherTabs(storeName('ada', id), doc, () => true))
  for (const tab of [other, third]) {
    tab?.open()
    if (tab) open.push(tab)
  }
  await frame()
  other?.send(Y.encodeStateAsUpdate(heading))
  await vi.waitFor(() => expect(heard.getXmlFragment('default').toString()).toBe(HEADING))
  release()
  await vi.waitFor(() => expect(shown(session)).toBe(WITH_WORDS))
})

test('they do also over HTTPS', async () => {
  const { id } = await meanwhile()
  hurry()
  server.blocked = true
  server.comeBack()
  const session = start(id)
  await becomes(session, 'saved')
  expect(shown(session)).toBe(WITH_WORDS)
})

test.each(['storage', 'locks'] as const)(
  'a browser whose %s never answers opens the document all the same',
  async (what) => {
    const { id } = await meanwhile()
    slow[what]()
    hurry()
    server.comeBack()
    const session = start(id)
    await vi.waitFor(() => expect(session.state.get()).toMatchObject({ ready: true, role: 'editor' }))
    await vi.waitFor(() => expect(session.text()).toBe('alpha beta gamma'))
  },
)

test('a document that waits for its words is not called offline', async () => {
  const { id, session } = await offline()
  server.comeBack()
  await becomes(session, 'saved')
  await session.close()
  const again = start(id)
  const said: string[] = []
  again.state.subscribe(() => said.push(again.state.get().status.kind))
  await becomes(again, 'saved')
  expect(said).not.toContain('offline')
})

test('where nobody of this device wrote before, the document does not wait for the browser', async () => {
  const id = newDocumentId('ada')
  Y.applyUpdate(server.keep(id).doc, paragraph('alpha beta gamma'))
  slow.storage()
  const session = start(id)
  await vi.waitFor(() => expect(session.state.get().ready).toBe(true), 4000)
})
