// Replays an editing trace with the real Yjs and Hocuspocus client. Usage: node replay.mjs WS_URL TOKEN DOCUMENT TRACE.json.gz LIMIT
// Prints JSON: seconds until acknowledged, whether a second client has exactly the final text, bytes.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { gunzipSync } from 'node:zlib'

const require = createRequire(new URL('../web/package.json', import.meta.url))
const { HocuspocusProvider, HocuspocusProviderWebsocket } = require('@hocuspocus/provider')
const WebSocket = require('ws')
const Y = require('yjs')

const [url, token, name, file, limit] = process.argv.slice(2)
const trace = JSON.parse(gunzipSync(readFileSync(file)))
const steps = trace.txns.slice(0, Number(limit) || undefined)

function client() {
  const websocketProvider = new HocuspocusProviderWebsocket({ url, WebSocketPolyfill: WebSocket })
  const provider = new HocuspocusProvider({ websocketProvider, name, token, document: new Y.Doc() })
  provider.attach()
  return provider
}
async function until(condition) {
  while (!condition()) await new Promise((done) => setTimeout(done, 2))
}

let expected = Array.from(trace.startContent)
for (const { patches } of steps) for (const [at, gone, text] of patches) expected.splice(at, gone, ...text)
expected = expected.join('')

const writer = client()
await until(() => writer.synced && !writer.hasUnsyncedChanges)
const text = writer.document.getText('t')
let wire = 0
writer.document.on('update', (update) => (wire += update.length))
const start = performance.now()
for (const [index, { patches }] of steps.entries()) {
  writer.document.transact(() => {
    // Positions count code points; these traces have none beyond the basic plane, where they equal UTF-16 units.
    for (const [at, gone, words] of patches) {
      if (gone) text.delete(at, gone)
      if (words) text.insert(at, words)
    }
  })
  if (index % 100 === 99) {
    await new Promise((done) => setImmediate(done))
    await until(() => writer.unsyncedChanges < 1000)
  }
}
await until(() => !writer.hasUnsyncedChanges)
const seconds = (performance.now() - start) / 1000
const reader = client()
await until(() => reader.synced)
await until(() => reader.document.getText('t').length === text.length)
console.log(
  JSON.stringify({
    edits: steps.length,
    seconds,
    equal: reader.document.getText('t').toString() === expected && text.toString() === expected,
    characters: expected.length,
    wire_bytes_per_edit: wire / steps.length,
    snapshot_bytes_per_character: Y.encodeStateAsUpdate(reader.document).length / expected.length,
    state_vector_bytes: Y.encodeStateVector(reader.document).length,
  }),
)
process.exit(0)
