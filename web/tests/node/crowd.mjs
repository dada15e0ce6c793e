// Fills a document and lets a crowd write in it until killed. Usage: node crowd.mjs URL TOKEN DOCUMENT BLOCKS WRITERS RATE
// Each writer has a socket and a copy of its own and types in a paragraph of its own, RATE characters a second.
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import WebSocket from 'ws'
import * as Y from 'yjs'

const [url, token, name, ...numbers] = process.argv.slice(2)
const [blocks, writers, rate] = numbers.map(Number)
const WORDS = 'the of a meeting budget river notes plan and every second garden with under letter'.split(' ')

/** After the first exchange a writer has no use for what the others write: twenty readers would only cost time. */
class Writer extends HocuspocusProvider {
  onMessage(event) {
    if (!this.deaf) super.onMessage(event)
  }
}

async function until(condition) {
  while (!condition()) await new Promise((done) => setTimeout(done, 10))
}

async function join() {
  const websocketProvider = new HocuspocusProviderWebsocket({
    url: `${url.replace(/^http/, 'ws')}/collab`,
    WebSocketPolyfill: WebSocket,
  })
  const provider = new Writer({ websocketProvider, name, token, document: new Y.Doc() })
  provider.attach()
  await until(() => provider.synced)
  return provider
}

function words(count, seed) {
  return Array.from({ length: count }, (_, i) => WORDS[(seed * 7 + i * i) % WORDS.length]).join(' ')
}

const first = await join()
const body = first.document.getXmlFragment('default')
for (let start = 0; start < blocks; start += 200) {
  first.document.transact(() => {
    const made = []
    for (let i = start; i < Math.min(blocks, start + 200); i += 1) {
      const heading = i % 20 === 0
      const block = new Y.XmlElement(heading ? 'heading' : 'paragraph')
      if (heading) block.setAttribute('level', 2)
      const text = new Y.XmlText()
      text.insert(0, words(heading ? 5 : 26, i))
      block.insert(0, [text])
      made.push(block)
    }
    body.insert(body.length, made)
  })
  await until(() => !first.hasUnsyncedChanges)
}

const crowd = [first]
while (crowd.length < writers) crowd.push(await join())
crowd.length = writers
crowd.forEach((provider, i) => {
  provider.deaf = true
  const fragment = provider.document.getXmlFragment('default')
  const text = fragment.get(Math.floor(((i + 0.5) * fragment.length) / writers)).get(0)
  let at = 5
  const start = () =>
    setInterval(() => {
      text.insert(at, at % 6 === 0 ? ' ' : 'x')
      at += 1
      const place = Y.createRelativePositionFromTypeIndex(text, at, -1)
      provider.setAwarenessField('cursor', { anchor: place, head: place })
    }, 1000 / rate)
  provider.setAwarenessField('user', { id: `writer-${i}`, name: `Writer ${i}`, color: '#1a5fb4' })
  setTimeout(start, (i * 1000) / rate / writers)
})
process.stdout.write('writing\n')
