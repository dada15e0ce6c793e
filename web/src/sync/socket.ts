/** One WebSocket for all documents of this tab. */
import { HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import schema from '../editor/schema/schema.json'

/** The server pings every 15 s; silence for longer than this means that the link is dead. */
const DEAD_AFTER = 25_000

class TabSocket extends HocuspocusProviderWebsocket {
  /** Gives the connection up at once: without a network its close handshake would end only after a long timeout. */
  drop(): void {
    this.disconnect()
    if (this.webSocket) this.emit('close', { event: { code: 1006, reason: 'no network' } })
  }

  /** Connects, if there is a network and anybody would use it. */
  wake(): void {
    if (navigator.onLine && this.configuration.providerMap.size > 0) void this.connect()
  }
}

let socket: TabSocket | null = null

export function sharedSocket(): TabSocket {
  if (socket) return socket
  const base = location.origin.replace(/^http/, 'ws')
  const created = new TabSocket({
    url: `${base}/collab?schema=${schema.version}`,
    messageReconnectTimeout: DEAD_AFTER,
    delay: 1000,
    maxDelay: 15_000,
  })
  socket = created
  window.addEventListener('offline', () => created.drop())
  window.addEventListener('online', () => created.wake())
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && String(created.status) !== 'connected' && navigator.onLine) {
      created.drop()
      created.wake()
    }
  })
  return created
}
