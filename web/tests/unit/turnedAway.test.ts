/** A server that answers, and opens nothing. */
import { expect, test, vi } from 'vitest'
import { sharedSocket } from '../../src/sync/connection/socket'

test('a server that turns everybody away is asked less and less often, and as before when it does not', async () => {
  vi.useFakeTimers()
  const socket = sharedSocket()
  socket.configuration.providerMap.set('a document', {} as never)
  socket.shouldConnect = true
  const connect = vi.spyOn(socket, 'connect').mockResolvedValue(undefined)
  /** How long it waits after the server has closed, in milliseconds. */
  const pauseAfter = async (code: number): Promise<number> => {
    connect.mockClear()
    socket.onClose({ event: { code, reason: '' } as CloseEvent })
    const from = Date.now()
    while (connect.mock.calls.length === 0) await vi.advanceTimersToNextTimerAsync()
    return Date.now() - from
  }
  const pauses = []
  for (let time = 0; time < 8; time += 1) pauses.push(await pauseAfter(1013))
  expect(pauses).toEqual(pauses.toSorted((one, other) => one - other))
  expect(pauses.at(-1)).toBe(15_000)
  expect(await pauseAfter(1006)).toBeLessThan(1600)
})
