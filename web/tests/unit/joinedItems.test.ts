/** Words that somebody writes in an item of a list while another joins it to the item before. */
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { Replica } from '../replicas/replica'
import { settled } from '../replicas/settled'

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
    // It arrives with what the joiner writes between.
    if (item !== 'x') joiner.editor.view.dispatch(joiner.editor.state.tr.insertText(', '))
    const joined = [Y.mergeUpdates(joiner.outgoing())]
    for (const updates of [lifted, joined]) {
      writer.receive(updates)
      await settled()
      write(' more')
    }
    joiner.receive(writer.outgoing())
    const texts: string[] = []
    joiner.editor.state.doc.descendants((node) => void (node.isTextblock && texts.push(node.textContent)))
    expect(texts).toEqual([`first${item === 'x' ? '' : ', '}${item} one more more`, 'third'])
    joiner.close()
    writer.close()
  })

test('what the writer erased meanwhile does not hide what was written', async () => {
  const converter = new Replica(1, Y.encodeStateAsUpdate(new Y.Doc()))
  converter.editor.commands.setContent('<p>start middle end</p>')
  await settled()
  const writer = new Replica(2, Y.encodeStateAsUpdate(converter.doc))
  await settled()
  converter.outgoing()
  const place = placeOf(writer, ' end')
  const write = (words: string, from: number, to = from) =>
    writer.editor.view.dispatch(writer.editor.state.tr.insertText(words, from, to))
  write('に', place)
  await settled()
  converter.receive(writer.outgoing())
  await settled()
  write('日本', place, place + 1)
  write('日本語', place, place + 2)
  converter.editor.commands.setTextSelection(1)
  converter.editor.commands.setHeading({ level: 2 })
  await settled()
  writer.receive(converter.outgoing())
  await settled()
  converter.receive(writer.outgoing())
  expect(converter.editor.state.doc.textContent).toBe('start middle日本語 end')
  converter.close()
  writer.close()
})
