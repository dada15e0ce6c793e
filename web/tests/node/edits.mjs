// Makes a fixed series of edits with Yjs through the real provider. Usage: node edits.mjs URL TOKEN DOCUMENT
// tests/integration/test_model.py makes the same edits with another CRDT library and serialiser.
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import WebSocket from 'ws'
import * as Y from 'yjs'

const [url, token, name] = process.argv.slice(2)
const document = new Y.Doc()
document.clientID = 4711
const websocketProvider = new HocuspocusProviderWebsocket({
  url: `${url.replace(/^http/, 'ws')}/collab`,
  WebSocketPolyfill: WebSocket,
})
const provider = new HocuspocusProvider({ websocketProvider, name, token, document })
provider.attach()
await new Promise((resolve) => provider.on('synced', resolve))

const root = document.getXmlFragment('default')
const text = root.get(0).get(0)
text.insert(0, 'The quick brown fox')
text.format(4, 5, { bold: {} })
text.insert(9, 'er', { bold: {} })
text.delete(0, 4)
const heading = new Y.XmlElement('heading')
heading.setAttribute('level', 2)
root.insert(0, [heading])
const title = new Y.XmlText()
heading.insert(0, [title])
title.insert(0, 'Grüße 😀 & <more>')
title.format(0, 5, { italic: {} })
title.format(0, 5, { italic: null })

await new Promise((resolve) => {
  const look = () => (provider.unsyncedChanges === 0 ? resolve() : setTimeout(look, 5))
  look()
})
process.exit(0)
