// The real npm clients against a running server. Usage: node clients.mjs URL TOKEN DOCUMENT PROVIDER Y_WEBSOCKET
// The last two name packages: several versions are installed under names of their own.
import assert from 'node:assert/strict'
import WebSocket from 'ws'
import * as Y from 'yjs'

const [url, token, name, providerPackage, yWebsocketPackage] = process.argv.slice(2)
const { HocuspocusProvider, HocuspocusProviderWebsocket } = await import(providerPackage)
const { WebsocketProvider } = await import(yWebsocketPackage)
const base = url.replace(/^http/, 'ws')

export async function until(condition, what, ms = 10_000) {
  const start = Date.now()
  while (!condition()) {
    if (Date.now() - start > ms) throw new Error(`never: ${what}`)
    await new Promise((done) => setTimeout(done, 5))
  }
}

function hocuspocus(options = {}) {
  const websocketProvider =
    options.websocketProvider ??
    new HocuspocusProviderWebsocket({ url: `${base}/collab`, WebSocketPolyfill: WebSocket })
  const provider = new HocuspocusProvider({ name, token, document: new Y.Doc(), ...options, websocketProvider })
  provider.attach()
  return provider
}

const a = hocuspocus()
const b = hocuspocus()
await until(() => a.synced && b.synced, 'both are synced')
await until(() => !a.hasUnsyncedChanges && !b.hasUnsyncedChanges, 'nothing is unsynced after joining')

const words = 'héllo wörld 😀'
a.document.getText('t').insert(0, words)
assert.equal(a.unsyncedChanges, 1)
await until(() => a.unsyncedChanges === 0, 'the update is acknowledged')
await until(() => b.document.getText('t').toString() === words, 'the other has the words')

a.setAwarenessField('user', { name: 'A' })
const seen = (provider) => [...provider.awareness.getStates().values()].some((state) => state.user?.name === 'Ada')
await until(() => seen(b), 'presence arrives')

class Bearer extends WebSocket {
  constructor(address, protocols) {
    super(address, protocols, { headers: { authorization: `Bearer ${token}` } })
  }
}
const yDoc = new Y.Doc()
const y = new WebsocketProvider(`${base}/yjs`, name, yDoc, { WebSocketPolyfill: Bearer, disableBc: true })
await until(() => y.synced, 'the y-websocket client is synced')
// Where a program cannot set headers, its token stands in the address.
const params = { token }
const bare = new WebsocketProvider(`${base}/yjs`, name, new Y.Doc(), {
  WebSocketPolyfill: WebSocket,
  disableBc: true,
  params,
})
await until(() => bare.synced, 'the y-websocket client without headers is synced')
bare.destroy()
assert.equal(yDoc.getText('t').toString(), words)
yDoc.getText('t').insert(0, 'Y: ')
await until(() => a.document.getText('t').toString().startsWith('Y: '), 'words of the y-websocket client arrive')
await until(
  () => [...y.awareness.getStates().values()].some((state) => state.user?.name === 'Ada'),
  'presence crosses protocols',
)

for (let i = 0; i < 300; i += 1) {
  a.document.getText('t').insert(0, 'a')
  b.document.getText('t').insert(0, 'b')
  if (i % 50 === 0) await new Promise((done) => setTimeout(done, 5))
}
await until(() => !a.hasUnsyncedChanges && !b.hasUnsyncedChanges, 'all is acknowledged')
const text = () => a.document.getText('t').toString()
await until(
  () => text() === b.document.getText('t').toString() && text() === yDoc.getText('t').toString(),
  'convergence',
)

// Many documents on one socket, one of them refused: the others go on.
const socket = new HocuspocusProviderWebsocket({ url: `${base}/collab`, WebSocketPolyfill: WebSocket })
const reasons = []
const refused = hocuspocus({
  websocketProvider: socket,
  name: '01900000-0000-7000-8000-000000000000',
  onAuthenticationFailed: ({ reason }) => reasons.push(reason),
})
const c = hocuspocus({ websocketProvider: socket })
await until(() => c.synced, 'a good document beside a refused one')
await until(() => reasons.length > 0, 'the refusal arrives')
assert.equal(refused.isAuthenticated, false)
assert.equal(c.document.getText('t').toString(), text())

// A token that is sent again on the open document is judged and answered.
let scopes = 0
c.on('authenticated', () => (scopes += 1))
await c.sendToken()
await until(() => scopes > 0, 're-authentication is answered')

const wrong = []
hocuspocus({ token: 'nonsense', onAuthenticationFailed: ({ reason }) => wrong.push(reason) })
await until(() => wrong.length > 0, 'a wrong token is refused')

// Leaving withdraws presence at once.
a.destroy()
a.configuration.websocketProvider.destroy()
await until(() => !seen(b), 'presence is withdrawn')

// A large paste goes through a worker process and arrives whole (fragmented by nobody, merged by all).
b.document.getText('t').insert(0, 'x'.repeat(1_500_000))
await until(() => !b.hasUnsyncedChanges, 'a large update is acknowledged', 20_000)
await until(() => yDoc.getText('t').length === b.document.getText('t').length, 'a large update arrives', 20_000)
console.log(yDoc.getText('t').length)
process.exit(0)
