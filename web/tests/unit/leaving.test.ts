/** Nothing of a document that was left stays in the tab. */
import { IDBFactory, IDBObjectStore } from 'fake-indexeddb'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { rescueWords } from '../../src/editor/rescue'
import { sharedSocket } from '../../src/sync/connection/socket'
import { isOpenHere } from '../../src/sync/openDocuments'
import { newDocumentId } from '../../src/sync/outbox/madeOffline'
import { DocumentSession } from '../../src/sync/session/session'
import { newDevice, paragraph } from '../replicas/device'
import { MemoryServer } from '../replicas/server'

const ME = { id: 'ada', name: 'Ada', color: '#2f5d50' }
let server: MemoryServer

beforeEach(() => {
  newDevice()
  server = new MemoryServer()
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

/** Counts what lives: everything that one has to end that one began. */
function counted(): () => Promise<Record<string, number>> {
  const live: Record<string, Set<unknown>> = {}
  const kind = (name: string) => (live[name] ??= new Set())
  const timers = (start: 'setTimeout' | 'setInterval', stop: 'clearTimeout' | 'clearInterval') => {
    const [begin, end] = [globalThis[start] as (...all: unknown[]) => unknown, globalThis[stop]]
    vi.stubGlobal(start, (work: () => void, ...rest: unknown[]) => {
      const timer = begin(
        () => {
          if (start === 'setTimeout') kind(start).delete(timer)
          work()
        },
        ...rest,
      )
      kind(start).add(timer)
      return timer
    })
    vi.stubGlobal(stop, (timer: never) => {
      kind(start).delete(timer)
      end(timer)
    })
  }
  timers('setTimeout', 'clearTimeout')
  timers('setInterval', 'clearInterval')
  for (const [name, target] of Object.entries({ window, document })) {
    const { addEventListener: add, removeEventListener: remove } = target as EventTarget
    const keys = new Map<unknown, string>()
    const key = (type: string, listener: unknown) => {
      if (!keys.has(listener)) keys.set(listener, String(keys.size))
      return `${type} ${keys.get(listener)}`
    }
    vi.spyOn(target as EventTarget, 'addEventListener').mockImplementation((type, listener, options) => {
      kind(name).add(key(type, listener))
      add.call(target, type, listener, options)
    })
    vi.spyOn(target as EventTarget, 'removeEventListener').mockImplementation((type, listener, options) => {
      kind(name).delete(key(type, listener))
      remove.call(target, type, listener, options)
    })
  }
  const { open } = IDBFactory.prototype
  vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(function (this: IDBFactory, ...all) {
    const request = open.apply(this, all)
    request.addEventListener('success', () => kind('databases').add(request.result))
    return request
  })
  const { close } = IDBDatabase.prototype
  vi.spyOn(IDBDatabase.prototype, 'close').mockImplementation(function (this: IDBDatabase) {
    kind('databases').delete(this)
    close.call(this)
  })
  const Channel = BroadcastChannel
  vi.stubGlobal(
    'BroadcastChannel',
    class extends Channel {
      constructor(name: string) {
        super(name)
        kind('channels').add(this)
      }

      override close(): void {
        kind('channels').delete(this)
        super.close()
      }
    },
  )
  return async () => {
    const socket = sharedSocket() as unknown as {
      callbacks: Record<string, unknown[]>
      configuration: { providerMap: Map<string, unknown> }
    }
    const { held = [], pending = [] } = await navigator.locks.query()
    return {
      ...Object.fromEntries(Object.entries(live).map(([name, things]) => [name, things.size])),
      locks: held.length + pending.length,
      providers: socket.configuration.providerMap.size,
      'listeners of the socket': Object.values(socket.callbacks).flat().length,
    }
  }
}

/** Resolves when a database is next read by this method. */
function asked(method: 'get' | 'getAll'): Promise<void> {
  const original = IDBObjectStore.prototype[method]
  return new Promise((resolve) => {
    const spy = vi.spyOn(IDBObjectStore.prototype, method).mockImplementation(function (
      this: IDBObjectStore,
      ...all: unknown[]
    ) {
      spy.mockRestore()
      resolve()
      return original.apply(this, all as [IDBValidKey])
    })
  })
}

async function visit(leave: (session: DocumentSession) => Promise<unknown>): Promise<void> {
  const id = newDocumentId('ada')
  server.keep(id)
  const session = new DocumentSession(id, ME, 'ada', null, rescueWords)
  await leave(session)
  await session.close()
  expect(isOpenHere(id)).toBe(false)
}

test('fifty documents that were opened, written in and left leave nothing behind', async () => {
  const count = counted()
  const saved = (session: DocumentSession) =>
    vi.waitFor(() => expect(session.state.get().status.kind).toBe('saved'), { timeout: 5000, interval: 5 })
  const write = async (session: DocumentSession) => {
    await saved(session)
    Y.applyUpdate(session.doc, paragraph('a word'))
    await vi.waitFor(() => expect(session.unsaved).toBe(false), { interval: 5 })
  }
  const ways = [
    // At once, while the copy is read and while its note is, and in mid-word.
    () => Promise.resolve(),
    async (session: DocumentSession) => {
      await saved(session)
      Y.applyUpdate(session.doc, paragraph('a word'))
    },
    write,
    () => asked('getAll'),
    () => asked('get'),
  ]
  await visit(write)
  await new Promise((done) => setTimeout(done, 400))
  const before = await count()
  for (let turn = 0; turn < 50; turn += 1) await visit(ways[turn % ways.length] ?? write)
  await vi.waitFor(async () => expect(await count()).toEqual(before), 4000)
})
