/** Edits that a person can make, at random places: every node and mark of the schema, through the editor's commands. */
import type { Editor } from '@tiptap/core'
import { CellSelection, fixTables, TableMap } from '@tiptap/pm/tables'
import type { Node } from '@tiptap/pm/model'
import { Selection } from '@tiptap/pm/state'
import { joinPoint } from '@tiptap/pm/transform'
import described from '../../src/editor/schema/schema.json'
import type { Chance } from './chance'

const WORDS = ['ab', 'words ', 'x', 'é😀 ', 'line', ' ', 'שלום ']
const COLORS = ['#ff0000', '#00ff00', 'rgba(1, 2, 3, 0.5)']

type Edit = (editor: Editor, chance: Chance) => void
type Found = { node: Node; at: number }

function all(editor: Editor, wanted: (node: Node, parent: Node | null) => boolean): Found[] {
  const found: Found[] = []
  editor.state.doc.descendants((node, at, parent) => {
    if (wanted(node, parent)) found.push({ node, at })
  })
  return found
}

function one(editor: Editor, chance: Chance, wanted: (node: Node, parent: Node | null) => boolean): Found | null {
  const found = all(editor, wanted)
  return found.length === 0 ? null : chance.of(found)
}

/** A random place for the caret. */
function place(editor: Editor, chance: Chance): number {
  const block = one(editor, chance, (node) => node.isTextblock)
  return block ? whole(editor, block.at + 1 + chance.below(block.node.content.size + 1)) : 0
}

/** No caret stands inside an emoji. */
function whole(editor: Editor, at: number): number {
  const after = editor.state.doc.textBetween(at, Math.min(at + 1, editor.state.doc.content.size))
  return /^[\udc00-\udfff]/.test(after) ? at - 1 : at
}

function caret(editor: Editor, chance: Chance): void {
  editor.commands.setTextSelection(place(editor, chance))
}

function select(editor: Editor, chance: Chance, far: boolean): void {
  const from = place(editor, chance)
  const other = far
    ? place(editor, chance)
    : whole(editor, Math.min(from + chance.below(8), editor.state.doc.content.size))
  const to = editor.state.doc.resolve(other).parent.isTextblock ? other : from
  editor.commands.setTextSelection({ from: Math.min(from, to), to: Math.max(from, to) })
}

function attributes(name: string, chance: Chance): Record<string, unknown> {
  switch (name) {
    case 'link':
      return { href: chance.of(['https://a.test', 'https://b.test/x']) }
    case 'highlight':
      return { color: chance.of(COLORS) }
    case 'textStyle':
      return {
        color: chance.of([null, ...COLORS]),
        fontFamily: chance.of([null, 'Georgia']),
        fontSize: chance.of(['12pt', '18px']),
      }
    case 'comment':
      return { thread: `t${chance.below(4)}` }
    case 'insertion':
    case 'deletion':
    case 'modification':
      return { id: `s${chance.below(3)}` }
  }
  return {}
}

function inTable(editor: Editor, chance: Chance): boolean {
  const cell = one(
    editor,
    chance,
    (node) => node.type.spec.tableRole === 'cell' || node.type.spec.tableRole === 'header_cell',
  )
  if (!cell) return false
  // A cell may begin with a list, a picture or a table.
  editor.commands.command(({ tr }) => Boolean(tr.setSelection(Selection.near(tr.doc.resolve(cell.at + 1)))))
  return true
}

function onTable(command: (editor: Editor) => void): Edit {
  return (editor, chance) => {
    if (inTable(editor, chance)) command(editor)
  }
}

const marks: Record<string, Edit> = Object.fromEntries(
  Object.keys(described.marks).map((name) => [
    `mark ${name}`,
    (editor: Editor, chance: Chance) => {
      select(editor, chance, chance.next() < 0.2)
      if (chance.next() < 0.3) editor.commands.unsetMark(name)
      else editor.commands.setMark(name, attributes(name, chance))
    },
  ]),
)

const inserts: Record<string, Edit> = {
  image: (editor, chance) =>
    void editor.commands.insertContent({
      type: 'image',
      attrs: {
        src: 'https://x.test/p.png',
        alt: 'p',
        width: chance.of([null, 64]),
        align: chance.of(['left', 'center']),
      },
    }),
  horizontalRule: (editor) => void editor.commands.setHorizontalRule(),
  pageBreak: (editor) => void editor.commands.insertPageBreak(),
  hardBreak: (editor) => void editor.commands.setHardBreak(),
  table: (editor, chance) =>
    void editor.commands.insertTable({ rows: 2, cols: 2 + chance.below(2), withHeaderRow: chance.next() < 0.5 }),
}

const EDITS: Record<string, Edit> = {
  type: (editor, chance) => {
    caret(editor, chance)
    editor.commands.command(({ tr }) => Boolean(tr.insertText(chance.of(WORDS))))
  },
  'delete words': (editor, chance) => {
    select(editor, chance, false)
    editor.commands.deleteSelection()
  },
  'delete across blocks': (editor, chance) => {
    select(editor, chance, true)
    const { from, to } = editor.state.selection
    if (to - from < 60) editor.commands.deleteSelection()
  },
  'delete a block': (editor, chance) => {
    const block = one(editor, chance, (node, parent) => node.isBlock && (parent?.childCount ?? 0) > 1)
    if (block && block.node.nodeSize < 80)
      editor.commands.deleteRange({ from: block.at, to: block.at + block.node.nodeSize })
  },
  split: (editor, chance) => {
    caret(editor, chance)
    editor.commands.first(({ commands }) => [
      () => commands.splitListItem('listItem'),
      () => commands.splitListItem('taskItem'),
      () => commands.newlineInCode(),
      () => commands.splitBlock(),
    ])
  },
  join: (editor, chance) => {
    const at = joinPoint(editor.state.doc, place(editor, chance))
    const $at = at ? editor.state.doc.resolve(at) : null
    if (at && $at?.nodeBefore?.type === $at?.nodeAfter?.type) editor.commands.command(({ tr }) => Boolean(tr.join(at)))
  },
  backspace: (editor, chance) => {
    const block = one(editor, chance, (node) => node.isTextblock)
    if (!block) return
    editor.commands.setTextSelection(block.at + 1)
    editor.commands.joinBackward()
  },
  move: (editor, chance) => {
    const block = one(
      editor,
      chance,
      (node, parent) => node.isBlock && parent?.type.name === 'doc' && parent.childCount > 1,
    )
    if (!block) return
    editor.commands.command(({ tr }) => {
      tr.delete(block.at, block.at + block.node.nodeSize)
      const starts = [0]
      tr.doc.forEach((node, at) => starts.push(at + node.nodeSize))
      tr.insert(chance.of(starts), block.node)
      return true
    })
  },
  convert: (editor, chance) => {
    caret(editor, chance)
    chance.of([
      () => editor.commands.setHeading({ level: (1 + chance.below(6)) as 1 }),
      () => editor.commands.setParagraph(),
      () => editor.commands.toggleCodeBlock({ language: chance.of(['python', 'js']) }),
    ])()
  },
  wrap: (editor, chance) => {
    caret(editor, chance)
    chance.of([
      () => editor.commands.toggleBlockquote(),
      () => editor.commands.toggleBulletList(),
      () => editor.commands.toggleOrderedList(),
      () => editor.commands.toggleTaskList(),
    ])()
  },
  'sink a list item': (editor, chance) => {
    const item = one(editor, chance, (node) => node.type.name === 'listItem' || node.type.name === 'taskItem')
    if (!item) return
    editor.commands.setTextSelection(item.at + 2)
    editor.commands.sinkListItem(item.node.type.name)
  },
  'lift a list item': (editor, chance) => {
    const item = one(editor, chance, (node) => node.type.name === 'listItem' || node.type.name === 'taskItem')
    if (!item) return
    editor.commands.setTextSelection(item.at + 2)
    editor.commands.liftListItem(item.node.type.name)
  },
  'check a task': (editor, chance) => {
    const item = one(editor, chance, (node) => node.type.name === 'taskItem')
    if (item)
      editor.commands.command(({ tr }) => Boolean(tr.setNodeAttribute(item.at, 'checked', !item.node.attrs.checked)))
  },
  'number from': (editor, chance) => {
    const list = one(editor, chance, (node) => node.type.name === 'orderedList')
    if (list) editor.commands.command(({ tr }) => Boolean(tr.setNodeAttribute(list.at, 'start', 1 + chance.below(9))))
  },
  'block format': (editor, chance) => {
    caret(editor, chance)
    chance.of([
      () => editor.commands.setTextAlign(chance.of(['left', 'center', 'right'])),
      () => editor.commands.setLineHeight(chance.of([null, '1.5', '2'])),
      () => editor.commands.changeIndent(chance.of([1, -1])),
      () => editor.commands.updateAttributes('paragraph', { dir: chance.of([null, 'rtl']) }),
    ])()
  },
  'mark a block': (editor, chance) => {
    const block = one(editor, chance, (node) => node.isBlock)
    const name = chance.of(['insertion', 'deletion', 'modification', 'comment'])
    const mark = editor.schema.mark(name, attributes(name, chance))
    if (!block) return
    const parent = editor.state.doc.resolve(block.at).parent
    if (!parent.type.allowsMarkType(mark.type)) return
    editor.commands.command(({ tr }) =>
      Boolean(chance.next() < 0.3 ? tr.removeNodeMark(block.at, mark.type) : tr.addNodeMark(block.at, mark)),
    )
  },
  ...Object.fromEntries(
    Object.entries(inserts).map(([name, insert]) => [
      `insert ${name}`,
      (editor: Editor, chance: Chance) => {
        caret(editor, chance)
        insert(editor, chance)
      },
    ]),
  ),
  ...marks,
  'row before': onTable((editor) => void editor.commands.addRowBefore()),
  'row after': onTable((editor) => void editor.commands.addRowAfter()),
  'column before': onTable((editor) => void editor.commands.addColumnBefore()),
  'column after': onTable((editor) => void editor.commands.addColumnAfter()),
  'delete row': onTable((editor) => void editor.commands.deleteRow()),
  'delete column': onTable((editor) => void editor.commands.deleteColumn()),
  'header row': onTable((editor) => void editor.commands.toggleHeaderRow()),
  'split cell': onTable((editor) => void editor.commands.splitCell()),
  'cell colour': onTable((editor) => void editor.commands.setCellAttribute('backgroundColor', '#ffeeaa')),
  'merge cells': (editor, chance) => {
    // As the press of the mouse does with which cells are selected.
    const repaired = fixTables(editor.state)
    if (repaired) editor.view.dispatch(repaired)
    const table = one(editor, chance, (node) => node.type.spec.tableRole === 'table')
    if (!table) return
    const { map } = TableMap.get(table.node)
    if (map.length === 0) return
    const inside = table.at + 1
    editor.commands.command(({ tr }) =>
      Boolean(tr.setSelection(CellSelection.create(tr.doc, inside + chance.of(map), inside + chance.of(map)) as never)),
    )
    editor.commands.mergeCells()
  },
  undo: (editor) => void editor.commands.undo(),
  redo: (editor) => void editor.commands.redo(),
}

const NAMES = Object.keys(EDITS)
/** Typing is what people do most. */
const TYPING = 0.25
const LARGEST = 1500

/** Make one random edit; returns its name. */
export function edit(editor: Editor, chance: Chance): string {
  let name = chance.next() < TYPING ? 'type' : chance.of(NAMES)
  if (editor.state.doc.content.size > LARGEST && !name.startsWith('delete')) name = 'delete a block'
  EDITS[name]?.(editor, chance)
  return name
}
