/** List items of which one person takes away the first paragraph while another writes a block behind it. */
import type { Node } from '@tiptap/pm/model'
import { afterEach, beforeEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { exchange, Replica } from '../replicas/replica'
import { settled } from '../replicas/settled'

let one: Replica
let other: Replica

function shape(node: Node): string {
  return node.isTextblock || node.isLeaf
    ? `${node.type.name}:${node.textContent}`
    : `${node.type.name}(${node.children.map(shape).join(' ')})`
}

const shown = ({ editor }: Replica) => shape(editor.state.doc.firstChild as Node)

function startOf({ editor }: Replica, words: string): number {
  let at = -1
  editor.state.doc.descendants((node, position) => {
    if (node.text?.includes(words)) at = position + node.text.indexOf(words)
  })
  return at
}

async function meet(): Promise<void> {
  await settled()
  exchange(one, other)
  await settled()
}

beforeEach(async () => {
  one = new Replica(1, Y.encodeStateAsUpdate(new Y.Doc()))
  one.editor.commands.setContent('<ul><li><p>first</p><p>second</p></li></ul>')
  await settled()
  other = new Replica(2, Y.encodeStateAsUpdate(one.doc))
  await settled()
  one.outgoing()
  other.outgoing()
  const from = startOf(one, 'first') - 1
  one.editor.commands.deleteRange({ from, to: from + 'first'.length + 2 })
  const { tr, schema } = other.editor.state
  other.editor.view.dispatch(tr.insert(startOf(other, 'second') - 1, schema.nodes.pageBreak?.create() as Node))
  await meet()
})

afterEach(() => {
  one.close()
  other.close()
})

test('the item stays one: both see an empty paragraph before what was written, and nobody writes it', () => {
  for (const replica of [one, other]) {
    expect(shown(replica)).toBe('bulletList(listItem(paragraph: pageBreak: paragraph:second))')
    expect(replica.outgoing()).toEqual([])
  }
})

test('the caret stays where it is in the item while somebody else writes there', async () => {
  one.editor.commands.setTextSelection(startOf(one, 'second') + 3)
  other.editor.commands.insertContentAt(startOf(other, 'second'), 'my ')
  await meet()
  expect(one.editor.state.selection.from).toBe(startOf(one, 'second') + 3)
  one.editor.commands.setTextSelection(3)
  other.editor.commands.insertContentAt(startOf(other, 'second'), 'own ')
  await meet()
  expect(one.editor.state.selection.from).toBe(3)
})

test('who writes into the empty paragraph makes it the first of the item', async () => {
  one.editor.chain().setTextSelection(3).insertContent('new').run()
  await meet()
  for (const replica of [one, other]) {
    expect(shown(replica)).toBe('bulletList(listItem(paragraph:new pageBreak: paragraph:second))')
  }
  other.editor.commands.insertContentAt(startOf(other, 'new'), 'very ')
  await meet()
  expect(shown(one)).toBe('bulletList(listItem(paragraph:very new pageBreak: paragraph:second))')
  expect(one.editor.state.selection.from).toBe(startOf(one, 'new') + 3)
})
