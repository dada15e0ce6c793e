/** What can be done to a table, in the order of its menus. */
import type { Editor } from '@tiptap/core'

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
    run: () => editor.chain().focus()[name]().run(),
  }))
}
