// Twenty documents on one socket. Usage: node many.mjs URL TOKEN DOCUMENT...
import assert from 'node:assert/strict'
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import WebSocket from 'ws'
import * as Y from 'yjs'

const [url, token, ...names] = process.argv.slice(2)
const websocketProvider = new HocuspocusProviderWebsocket({
  url: `${url.replace(/^http/, 'ws')}/collab`,
  WebSocketPolyfill: WebSocket,
})
const providers = names.map((name) => {
  const provider = new HocuspocusProvider({ websocketProvider, name, token, document: new Y.Doc() })
  provider.attach()
  return provider
})
const until = async (condition) => {
  while (!condition()) await new Promise((done) => setTimeout(done, 5))
}
await until(() => providers.every((provider) => provider.synced))
for (const provider of providers) provider.document.getText('t').insert(0, provider.configuration.name)
await until(() => providers.every((provider) => !provider.hasUnsyncedChanges))
const metrics = await (await fetch(`${url}/metrics`)).text()
assert.match(metrics, /^quire_open_sockets 1(\.0)?$/m)
process.exit(0)
