/** Undo and redo of one person where another has written: never the words of the other. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { Replica } from '../replicas/replica'
import { settled } from '../replicas/settled'

let undoer: Replica
let other: Replica

beforeEach(async () => {
  undoer = new Replica(1, Y.encodeStateAsUpdate(new Y.Doc()))
  await settled()
  other = new Replica(2, Y.encodeStateAsUpdate(undoer.doc))
  await settled()
})
afterEach(() => {
  undoer.close()
  other.close()
})

async function exchange(): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    other.receive(undoer.outgoing())
    await settled()
    undoer.receive(other.outgoing())
    await settled()
  }
}

function behind({ editor }: Replica, words: string): number {
  let place = -1
  editor.state.doc.descendants((node, at) => {
    if (node.isTextblock && node.textContent.includes(words)) {
      place = at + 1 + node.textContent.indexOf(words) + words.length
    }
  })
  return place
}

async function write(who: Replica, words: string, after: string): Promise<void> {
  who.editor.view.dispatch(who.editor.state.tr.insertText(words, behind(who, after)))
  await settled()
  await exchange()
}

const shown = () => {
  expect(other.editor.state.doc.toString()).toBe(undoer.editor.state.doc.toString())
  return undoer.editor.state.doc.toString().slice(4, -1)
}

async function turn(way: 'undo' | 'redo'): Promise<string> {
  undoer.editor.commands[way]()
  await settled()
  await exchange()
  return shown()
}

test('a list that is undone leaves the item of somebody else', async () => {
  await write(undoer, 'mine', '')
  undoer.editor.commands.setTextSelection(1)
  undoer.editor.commands.toggleBulletList()
  undoer.editor.chain().setTextSelection(7).splitListItem('listItem').insertContent('second').run()
  await settled()
  await exchange()
  await write(other, ' theirs', 'second')
  expect(await turn('undo')).toContain('" theirs"')
  expect(await turn('undo')).toContain('" theirs"')
  expect(await turn('undo')).toContain('" theirs"')
  for (let step = 0; step < 3; step += 1) await turn('redo')
  expect(shown()).toBe('bulletList(listItem(paragraph("mine")), listItem(paragraph("second theirs")))')
})

test('a table that is undone leaves the cell of somebody else', async () => {
  undoer.editor.commands.insertTable({ rows: 2, cols: 2, withHeaderRow: false })
  await settled()
  await exchange()
  other.editor.view.dispatch(other.editor.state.tr.insertText('theirs', 4))
  await settled()
  await exchange()
  expect(await turn('undo')).toContain('table(tableRow(tableCell(paragraph("theirs"))))')
})

test('a block in which somebody wrote is aligned, and that undone', async () => {
  await write(undoer, 'mine', '')
  await write(other, ' theirs', 'mine')
  undoer.editor.commands.setTextAlign('right')
  await settled()
  await turn('undo')
  expect(undoer.editor.state.doc.child(0).attrs.textAlign).not.toBe('right')
  expect(shown()).toBe('paragraph("mine theirs")')
})

test('words of somebody who has left go back with the block', async () => {
  await write(undoer, 'a title', '')
  undoer.editor.commands.setTextSelection(1)
  undoer.editor.commands.setHeading({ level: 1 })
  await settled()
  await exchange()
  await write(other, ' and more', 'a title')
  undoer.editor.commands.undo()
  await settled()
  // Nobody but the undoer hears of it.
  expect(undoer.editor.state.doc.toString()).toBe('doc(paragraph("a title and more"))')
  expect(await turn('redo')).toBe('heading("a title and more")')
})

test('what an undo brought back is not taken for a part of what is undone next', async () => {
  undoer.editor.commands.setContent('<ul><li><p>one</p></li><li><p>two</p></li></ul>')
  await settled()
  await exchange()
  await write(undoer, ' mine', 'two')
  await write(other, ' theirs', 'two mine')
  undoer.editor.chain().setTextSelection(behind(undoer, 'two')).liftListItem('listItem').run()
  await settled()
  await exchange()
  expect(await turn('undo')).toContain('two mine theirs')
  expect(await turn('undo')).toContain('two theirs')
  await turn('redo')
  expect(shown()).toContain('two mine theirs')
})
