// Writes numbered words until killed and reports which were acknowledged. Usage: node writer.mjs URL TOKEN DOCUMENT NAME
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import WebSocket from 'ws'
import * as Y from 'yjs'

const [url, token, name, writer] = process.argv.slice(2)
const websocketProvider = new HocuspocusProviderWebsocket({
  url: `${url.replace(/^http/, 'ws')}/collab`,
  WebSocketPolyfill: WebSocket,
})
const provider = new HocuspocusProvider({ websocketProvider, name, token, document: new Y.Doc() })
provider.attach()
const text = provider.document.getText('t')
let written = 0
provider.on('synced', () => {
  setInterval(() => {
    text.insert(text.length, `[${writer}.${written}]`)
    written += 1
  }, 2)
})
// Everything written before the counter reaches zero is acknowledged.
provider.on('unsyncedChanges', ({ number }) => {
  if (number === 0 && written > 0) process.stdout.write(`${written}\n`)
})
