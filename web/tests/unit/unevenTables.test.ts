/** Tables that two people changed at once: shown as they are, repaired by the first who works on them. */
import type { Node } from '@tiptap/pm/model'
import { EditorState } from '@tiptap/pm/state'
import { TableMap } from '@tiptap/pm/tables'
import { afterEach, beforeEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { colorCells, tableCommands } from '../../src/editor/table/commands'
import { repairTables } from '../../src/editor/table/repair'
import { exchange, Replica } from '../replicas/replica'
import { settled } from '../replicas/settled'

let one: Replica
let other: Replica

const table = ({ editor }: Replica): Node => editor.state.doc.firstChild as Node
const isEven = (replica: Replica) => TableMap.get(table(replica)).problems === null
const cells = (replica: Replica) => table(replica).children.map((row) => row.children.map((cell) => cell.textContent))

async function meet(): Promise<void> {
  exchange(one, other)
  await settled()
}

beforeEach(async () => {
  one = new Replica(1, Y.encodeStateAsUpdate(new Y.Doc()))
  one.editor.commands.insertTable({ rows: 2, cols: 2, withHeaderRow: false })
  one.editor.commands.insertContentAt(4, 'first')
  await settled()
  other = new Replica(2, Y.encodeStateAsUpdate(one.doc))
  await settled()
  one.outgoing()
  other.outgoing()
  for (const { editor } of [one, other]) editor.commands.setTextSelection(5)
  one.editor.commands.addRowAfter()
  other.editor.commands.addColumnAfter()
  await settled()
  await meet()
})

afterEach(() => {
  one.close()
  other.close()
})

test('nobody who only sees an uneven table, opens it or writes words in it adds a cell', async () => {
  expect(isEven(one)).toBe(false)
  expect(cells(one)).toEqual(cells(other))
  expect([one.outgoing(), other.outgoing()]).toEqual([[], []])
  const third = new Replica(3, Y.encodeStateAsUpdate(one.doc))
  await settled()
  expect(third.outgoing()).toEqual([])
  third.close()
  for (const { editor } of [one, other]) editor.view.dispatch(editor.state.tr.insertText('!'))
  await settled()
  await meet()
  expect(cells(one)).toEqual(cells(other))
  expect(cells(one).map((row) => row.length)).toEqual([3, 2, 3])
})

test('a command on it repairs it first, and loses nothing', async () => {
  one.editor.commands.deleteColumn()
  await settled()
  await meet()
  for (const replica of [one, other]) {
    expect(isEven(replica)).toBe(true)
    expect(cells(replica).map((row) => row.length)).toEqual([2, 2, 2])
  }
})

test.each(['addColumnBefore', 'addColumnAfter', 'addRowBefore', 'addRowAfter', 'deleteRow'] as const)(
  'so does %s, in a document with several of them',
  async (name) => {
    const { editor } = one
    const uneven = table(one)
    editor.view.dispatch(editor.state.tr.insert(editor.state.doc.content.size, [uneven, uneven]))
    const tables = (): { node: Node; at: number }[] => {
      const found: { node: Node; at: number }[] = []
      editor.state.doc.forEach((node, at) => node.type === uneven.type && found.push({ node, at }))
      return found
    }
    for (const index of [2, 1, 0]) {
      editor.commands.setTextSelection((tables()[index]?.at ?? 0) + 4)
      expect(editor.commands[name]()).toBe(true)
    }
    const size = { addC: [4, 3], addR: [3, 4], dele: [3, 2] }[name.slice(0, 4)]
    expect(tables().map(({ node }) => TableMap.get(node).problems)).toEqual([null, null, null])
    expect(tables().map(({ node }) => [TableMap.get(node).width, TableMap.get(node).height])).toEqual([
      size,
      size,
      size,
    ])
  },
)

const width = (replica: Replica) => TableMap.get(table(replica)).width
const choose = ({ editor }: Replica, key: string) =>
  tableCommands(editor)
    .find((command) => command.key === key)
    ?.run()
const press = ({ editor }: Replica, key: string) =>
  editor.view.dom.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))

test.each([
  ['keys', () => [one, other].map((replica) => press(replica, 'Tab'))],
  ['a command and a key', () => [choose(one, 'table.row.above'), press(other, 'Tab')]],
  ['commands', () => [one, other].map((replica) => choose(replica, 'table.row.below'))],
] as const)('two who repair it at once by %s leave no column more after the next act', async (_, act) => {
  act()
  await settled()
  await meet()
  expect(cells(one)).toEqual(cells(other))
  // Both go on at once, too.
  for (const replica of [one, other]) press(replica, 'ArrowUp')
  await settled()
  await meet()
  for (const replica of [one, other]) {
    expect(isEven(replica)).toBe(true)
    expect(width(replica)).toBe(3)
    expect(cells(replica).flat().filter(Boolean)).toEqual(['first'])
  }
  expect(cells(one)).toEqual(cells(other))
})

test.each([
  ['seen', 0],
  ['seen', 1],
  ['written meanwhile', 0],
  ['written meanwhile', 1],
])('of two cells that both added an empty one goes; words in the other, %s, stay (%i)', async (words, which) => {
  for (const replica of [one, other]) press(replica, 'Tab')
  await settled()
  await meet()
  const [above, row] = table(one).children as [Node, Node]
  const twins = row.children.flatMap((cell, index) =>
    row.children.some((twin) => twin !== cell && twin.attrs.id === cell.attrs.id) ? [index] : [],
  )
  expect(twins).toHaveLength(2)
  const at = row.children.slice(0, twins[which]).reduce((sum, cell) => sum + cell.nodeSize, above.nodeSize + 4)
  const writer = words === 'seen' ? one : other
  writer.editor.commands.insertContentAt(at, words)
  if (words === 'seen') await meet()
  press(one, 'ArrowUp')
  await settled()
  for (let round = 0; round < 2; round += 1) await meet()
  for (const replica of [one, other]) {
    expect(isEven(replica)).toBe(true)
    expect(width(replica)).toBe(3)
    expect(cells(replica)[1]?.filter(Boolean)).toEqual([words])
  }
})

test('so does a key that goes by the columns', async () => {
  const { view } = other.editor
  view.dom.dispatchEvent(new KeyboardEvent('keydown', { key: 'Tab', bubbles: true, cancelable: true }))
  await settled()
  await meet()
  for (const replica of [one, other]) {
    expect(isEven(replica)).toBe(true)
    expect(cells(replica)[0]).toContain('first')
  }
})

test('a repair is nobody’s step to undo', async () => {
  press(one, 'Tab')
  await settled()
  expect(isEven(one)).toBe(true)
  one.editor.commands.undo()
  await settled()
  expect(cells(one).map((row) => row.length)).toEqual([3, 3])
})

test('a colour for one cell changes that cell only', async () => {
  const before = table(one)
  colorCells(one.editor, '#fff3a3')
  await settled()
  expect(cells(one).map((row) => row.length)).toEqual([3, 2, 3])
  expect(table(one).children.filter((row, index) => row !== before.child(index))).toHaveLength(1)
  expect(table(one).firstChild?.firstChild?.attrs.backgroundColor).toBe('#fff3a3')
})

test('one repair is enough, also where tall and wide cells of two people stand in each other’s way', () => {
  const { schema } = one.editor
  const row = (...cells: [number, number][]) =>
    schema.node(
      'tableRow',
      null,
      cells.map(([colspan, rowspan]) => schema.node('tableCell', { colspan, rowspan }, schema.node('paragraph'))),
    )
  const rows = [row([1, 3], [2, 1]), row([9, 4]), row([1, 1], [4, 2], [1, 1]), row(), row([7, 3], [1, 5])]
  const state = EditorState.create({ doc: schema.node('doc', null, schema.node('table', null, rows)) })
  const repaired = state.apply(repairTables(state) ?? state.tr)
  expect(TableMap.get(repaired.doc.firstChild as Node).problems).toBe(null)
  expect(repairTables(repaired)).toBe(undefined)
})
