/** Words that somebody writes in an item of a list while another joins it to the item before. */
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { Replica } from '../replicas/replica'

const settled = () => new Promise((done) => setTimeout(done, 0))

function placeOf({ editor }: Replica, words: string): number {
  let place = -1
  editor.state.doc.descendants((node, at) => {
    if (node.isTextblock && node.textContent.includes(words)) place = at + 1 + node.textContent.indexOf(words)
  })
  return place
}

function erase({ editor: { view } }: Replica): void {
  view.someProp('handleKeyDown', (handle) => handle(view, new KeyboardEvent('keydown', { key: 'Backspace' })))
}

for (const item of ['a second item', 'x'])
  test(`joined in two steps, none of it seen by who writes in “${item}”`, async () => {
    const joiner = new Replica(1, Y.encodeStateAsUpdate(new Y.Doc()))
    joiner.editor.commands.setContent(`<ol><li><p>first</p></li><li><p>${item}</p></li><li><p>third</p></li></ol>`)
    await settled()
    const writer = new Replica(2, Y.encodeStateAsUpdate(joiner.doc))
    await settled()
    joiner.outgoing()
    writer.editor.commands.setTextSelection(placeOf(writer, item) + item.length)
    const write = (words: string) => writer.editor.view.dispatch(writer.editor.state.tr.insertText(words))
    joiner.editor.commands.setTextSelection(placeOf(joiner, item))
    write(' one')
    erase(joiner)
    const lifted = joiner.outgoing()
    erase(joiner)
    const joined = joiner.outgoing()
    for (const updates of [lifted, joined]) {
      writer.receive(updates)
      await settled()
      write(' more')
    }
    joiner.receive(writer.outgoing())
    const texts: string[] = []
    joiner.editor.state.doc.descendants((node) => void (node.isTextblock && texts.push(node.textContent)))
    expect(texts).toEqual([`first${item} one more more`, 'third'])
    joiner.close()
    writer.close()
  })
