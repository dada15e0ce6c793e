/** A server that answers, and does not open what it is asked for. */
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { rescueWords } from '../../src/editor/rescue'
import { startI18n } from '../../src/i18n'
import { sharedSocket } from '../../src/sync/connection/socket'
import { newDocumentId } from '../../src/sync/outbox/madeOffline'
import { DocumentSession } from '../../src/sync/session/session'
import { hurry, newDevice } from '../replicas/device'
import { MemoryServer } from '../replicas/server'

let server: MemoryServer

beforeAll(startI18n)

beforeEach(() => {
  newDevice()
  server = new MemoryServer()
})

afterEach(() => {
  server.end()
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

test('a server that turns everybody away is asked less and less often, and as before when it has opened one', async () => {
  vi.useFakeTimers()
  const chance = vi.spyOn(Math, 'random')
  const socket = sharedSocket()
  const { providerMap } = socket.configuration
  providerMap.set('a document', {} as never)
  socket.shouldConnect = true
  const connect = vi.spyOn(socket, 'connect').mockResolvedValue(undefined)
  /** How long it waits after the server has closed, in milliseconds, with so much luck. */
  const pauseAfter = async (code: number, luck: number): Promise<number> => {
    chance.mockReturnValue(luck)
    connect.mockClear()
    socket.onClose({ event: { code, reason: '' } as CloseEvent })
    const from = Date.now()
    while (connect.mock.calls.length === 0) await vi.advanceTimersToNextTimerAsync()
    return Date.now() - from
  }
  const pauses = []
  for (let time = 0; time < 8; time += 1) pauses.push(await pauseAfter(1013, 0.5))
  expect(pauses).toEqual([2000, 4000, 8000, 16_000, 20_000, 20_000, 20_000, 20_000])
  expect([await pauseAfter(1013, 0), await pauseAfter(1013, 1)]).toEqual([10_000, 30_000])
  expect(await pauseAfter(1006, 1)).toBe(1500)
  socket.letIn()
  expect(await pauseAfter(1013, 0.5)).toBe(2000)
  socket.letIn()
  providerMap.clear()
  socket.disconnect()
})

test('a document that alone is turned away says so, is asked for again, and leaves the others at work', async () => {
  const [whole, spoilt] = [newDocumentId('ada'), newDocumentId('ada')]
  for (const id of [whole, spoilt]) server.keep(id)
  server.unread.add(spoilt)
  const open = (id: string): DocumentSession =>
    new DocumentSession(id, { id: 'ada', name: 'Ada', color: '#2f5d50' }, 'ada', null, rescueWords)
  const becomes = (session: DocumentSession, status: object) =>
    vi.waitFor(() => expect(session.state.get().status).toMatchObject(status), 15_000)

  const one = open(whole)
  await becomes(one, { kind: 'saved' })
  const sockets = [...server.sockets]
  hurry()
  const other = open(spoilt)
  await becomes(other, { kind: 'unsaved', reason: 'the server cannot open this document now' })
  one.fragment.insert(0, [new Y.XmlText('goes on')])
  await vi.waitFor(() => expect(server.words(whole)).toBe('goes on'))
  expect(other.state.get().status.kind).toBe('unsaved')
  server.unread.clear()
  await becomes(other, { kind: 'saved' })
  expect([...server.sockets]).toEqual(sockets)
  await Promise.all([one.close(), other.close()])
})
