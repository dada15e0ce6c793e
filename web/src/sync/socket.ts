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
  window.addEventListener('offline', () => created.disconnect())
  window.addEventListener('online', () => void created.connect())
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && created.status !== 'connected' && navigator.onLine) {
      created.disconnect()
      void created.connect()
    }
  })
  return created
}
