// Applies updates to fresh Yjs documents and tells what each shows. Input: a JSON line for each document, the updates
// in base64; output: a JSON line for each, the text or the error. Used by tests/yjs.py.
import { createInterface } from 'node:readline'
import * as Y from 'yjs'

/** What a type shows: its words, and its elements with their attributes. Lists and maps of values are left out. */
function shown(type) {
  let out = ''
  for (let item = type._start; item !== null; item = item.right) {
    if (item.deleted) continue
    const { content } = item
    if (content instanceof Y.ContentString) out += content.str
    else if (content instanceof Y.ContentAny && !(type instanceof Y.Text)) out += content.arr.join('')
    else if (content instanceof Y.ContentType) out += element(content.type, type)
  }
  return out
}

function element(type, parent) {
  if (parent instanceof Y.Text) return ''
  if (type instanceof Y.Text) return shown(type)
  if (!(type instanceof Y.XmlElement)) return ''
  const value = type.getAttribute('k')
  return `<p${typeof value !== 'string' ? '' : ` k="${value}"`}>${shown(type)}</p>`
}

for await (const line of createInterface({ input: process.stdin })) {
  const document = new Y.Doc()
  const fragment = document.getXmlFragment('default')
  const text = document.getText('t')
  try {
    for (const update of JSON.parse(line)) Y.applyUpdate(document, Buffer.from(update, 'base64'))
    if (document.store.pendingStructs !== null || document.store.pendingDs !== null) throw new Error('something waits')
    Y.encodeStateAsUpdate(document)
    console.log(JSON.stringify({ text: `${shown(text)} ${shown(fragment)}` }))
  } catch (error) {
    console.log(JSON.stringify({ error: String(error.stack) }))
  }
}
