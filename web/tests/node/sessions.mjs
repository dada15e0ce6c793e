// Many short sessions in one document, each with a client id of its own. Usage: node sessions.mjs COUNT SEED
// Prints JSON: the updates (base64), and what the document costs in a browser.
import * as Y from 'yjs'

const [count, seed] = process.argv.slice(2).map(Number)
let state = seed >>> 0
const below = (limit) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return Math.floor((state / 2 ** 32) * limit)
}

const doc = new Y.Doc()
const text = doc.getText('t')
const updates = []
doc.on('update', (update) => updates.push(update))
for (let session = 0; session < count; session += 1) {
  // A page load: a new random id, as Yjs makes them.
  doc.clientID = below(2 ** 32)
  let at = below(text.length + 1)
  for (const letter of 'words '.slice(0, 1 + below(6))) {
    text.insert(at, letter)
    at += 1
  }
  if (below(4) === 0 && text.length > 10) text.delete(below(text.length - 3), 3)
}
const final = text.toString()
const cost = { clients: doc.store.clients.size, snapshot: Y.encodeStateAsUpdate(doc).length }
const known = updates.length
const started = performance.now()
for (let key = 0; key < 50; key += 1) text.insert(below(text.length + 1), 'k')
const keystroke = (performance.now() - started) / 50
updates.length = known
console.log(
  JSON.stringify({
    updates: updates.map((update) => Buffer.from(update).toString('base64')),
    text: final,
    milliseconds: keystroke,
    ...cost,
  }),
)
