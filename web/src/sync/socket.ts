/** One WebSocket for all documents of this tab. */
import { HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import schema from '../editor/schema/schema.json'

/** The server pings every 15 s; silence for longer than this means that the link is dead. */
const DEAD_AFTER = 25_000

let socket: HocuspocusProviderWebsocket | null = null

export function sharedSocket(): HocuspocusProviderWebsocket {
  if (socket) return socket
  const base = location.origin.replace(/^http/, 'ws')
  const created = new HocuspocusProviderWebsocket({
    url: `${base}/collab?schema=${schema.version}`,
    messageReconnectTimeout: DEAD_AFTER,
    delay: 1000,
    maxDelay: 15_000,
  })
  socket = created
  window.addEventListener('offline', () => drop(created))
  window.addEventListener('online', () => void created.connect())
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && String(created.status) !== 'connected' && navigator.onLine) {
      drop(created)
      void created.connect()
    }
  })
  return created
}

/** Give the socket up at once: without a network its close handshake would end only after a long timeout. */
export function drop(given: HocuspocusProviderWebsocket): void {
  given.disconnect()
  if (given.webSocket) given.emit('close', { event: { code: 1006, reason: 'no network' } })
}
