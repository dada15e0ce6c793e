/** What can be done to a table, in the order of its menus. */
import type { Editor } from '@tiptap/core'
import { CellSelection } from '@tiptap/pm/tables'
import { repairTables } from './repair'

interface TableCommand {
  key: string
  possible: () => boolean
  run: () => void
}

const NAMES = [
  ['table.row.above', 'addRowBefore'],
  ['table.row.below', 'addRowAfter'],
  ['table.column.before', 'addColumnBefore'],
  ['table.column.after', 'addColumnAfter'],
  ['table.row.delete', 'deleteRow'],
  ['table.column.delete', 'deleteColumn'],
  ['table.merge', 'mergeCells'],
  ['table.split', 'splitCell'],
  ['table.header.row', 'toggleHeaderRow'],
  ['table.header.column', 'toggleHeaderColumn'],
  ['table.delete', 'deleteTable'],
] as const

export function tableCommands(editor: Editor): TableCommand[] {
  return NAMES.map(([key, name]) => ({
    key,
    possible: () => editor.can()[name](),
    run: () => changeTable(editor, name),
  }))
}

/** Does what the menus offer, on even tables. */
export function changeTable(editor: Editor, name: (typeof NAMES)[number][1]): void {
  evenOut(editor)
  editor.chain().focus()[name]().run()
}

/** Colours the cell of the caret, which takes no map of its table, or those that are selected. */
export function colorCells(editor: Editor, color: string | null): void {
  if (editor.state.selection instanceof CellSelection) evenOut(editor)
  editor.chain().focus().setCellAttribute('backgroundColor', color).run()
}

/** As a change of its own: together with another the binding might take a row for its neighbour. */
function evenOut(editor: Editor): void {
  const repaired = repairTables(editor.state)
  if (repaired) editor.view.dispatch(repaired)
}
