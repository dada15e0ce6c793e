// Each writes numbered words until killed and reports which were acknowledged.
// Usage: node writers.mjs URL TOKEN DOCUMENT NAME...
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import WebSocket from 'ws'
import * as Y from 'yjs'

const [url, token, name, ...writers] = process.argv.slice(2)

for (const writer of writers) {
  const websocketProvider = new HocuspocusProviderWebsocket({
    url: `${url.replace(/^http/, 'ws')}/collab`,
    WebSocketPolyfill: WebSocket,
  })
  const provider = new HocuspocusProvider({ websocketProvider, name, token, document: new Y.Doc() })
  provider.attach()
  const text = provider.document.getText('t')
  let written = 0
  let saved = 0
  provider.on('synced', () => {
    setInterval(() => {
      // Nobody writes ever further ahead of a disk that is slow.
      if (written - saved > 200) return
      text.insert(text.length, `[${writer}.${written}]`)
      written += 1
    }, 2)
  })
  // Each insertion is one update, and they are acknowledged in order.
  provider.on('unsyncedChanges', ({ number }) => {
    if (written - number <= saved) return
    saved = written - number
    process.stdout.write(`${writer} ${saved}\n`)
  })
}
