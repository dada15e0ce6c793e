// One writer in a thread of its own, whose clock is wrong. Driven by messages from clocks.mjs.
import { parentPort, workerData } from 'node:worker_threads'

const RealDate = Date
let skew = workerData.skew
globalThis.Date = class extends RealDate {
  constructor(...parts) {
    super(...(parts.length ? parts : [RealDate.now() + skew]))
  }
  static now() {
    return RealDate.now() + skew
  }
}

const { HocuspocusProvider, HocuspocusProviderWebsocket } = await import('@hocuspocus/provider')
const { default: WebSocket } = await import('ws')
const Y = await import('yjs')

const { url, token, name, client } = workerData
const document = new Y.Doc()
document.clientID = client
const text = document.getText('t')
const sent = []
document.on('update', (update, origin) => origin === 'mine' && sent.push(update))
let provider = null

function connect() {
  const websocketProvider = new HocuspocusProviderWebsocket({
    url: `${url.replace(/^http/, 'ws')}/collab`,
    WebSocketPolyfill: WebSocket,
  })
  provider = new HocuspocusProvider({ websocketProvider, name, token, document })
  provider.attach()
}

function disconnect() {
  provider.destroy()
  provider.configuration.websocketProvider.destroy()
  provider = null
}

const steps = {
  connect,
  disconnect,
  skew: (value) => (skew = value),
  write: ({ at, words }) => {
    for (const word of words) document.transact(() => text.insert(Math.min(at, text.length), word), 'mine')
  },
  repeat: () => {
    for (const update of sent) provider.document.emit('update', [update, 'again', document])
  },
  text: () => undefined,
}

parentPort.on('message', ({ step, value }) => {
  steps[step](value)
  const quiet = () => {
    if (provider !== null && (!provider.synced || provider.hasUnsyncedChanges)) return void setTimeout(quiet, 3)
    parentPort.postMessage(text.toString())
  }
  quiet()
})
