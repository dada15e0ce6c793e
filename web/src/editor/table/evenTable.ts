/**
 * Tables that keep their rows even. Where two people change a table at once its rows may come out uneven; it is shown
 * so until one of them works on the table. A repair by every browser that sees it would add a cell for each of them.
 */
import { isChangeOrigin } from '@tiptap/extension-collaboration'
import { Table } from '@tiptap/extension-table'
import { Plugin, type EditorState } from '@tiptap/pm/state'
import { CellSelection, findTable, fixTables, TableMap, tableEditingKey } from '@tiptap/pm/tables'
import type { ResolvedPos } from '@tiptap/pm/model'
import type { EditorView } from '@tiptap/pm/view'

export const EvenTable = Table.extend({
  // What is done to rows and columns goes by a map of the table, which is wrong where cells are missing.
  addCommands() {
    const commands = Object.entries(this.parent?.() ?? {}).map(([name, make]): [string, unknown] => [
      name,
      (...values: never[]): ReturnType<typeof make> =>
        (props) => {
          // Asked for its transaction, the state shows what is in it by now.
          if (props.dispatch && fixTables(props.state)) void props.state.tr
          return (make as (...values: never[]) => ReturnType<typeof make>)(...values)(props)
        },
    ])
    return Object.fromEntries(commands) as ReturnType<NonNullable<typeof this.parent>>
  },

  addProseMirrorPlugins() {
    const plugins = (this.parent?.() ?? []).map((plugin) => {
      const append = plugin.spec.appendTransaction
      if (plugin.spec.key !== tableEditingKey || !append) return plugin
      return new Plugin({
        ...plugin.spec,
        appendTransaction(this: Plugin, transactions, before, state) {
          const known = transactions.some(isChangeOrigin) || isUneven(before.selection.$from)
          // A document that does not differ is not looked at: only the selection is.
          return append.call(this, transactions, known ? state : before, state)
        },
      })
    })
    return [acting(), ...plugins]
  },
})

function isUneven($pos: ResolvedPos): boolean {
  const table = findTable($pos)
  return table !== null && TableMap.get(table.node).problems !== null
}

/** Whether a key goes by the map of the table. */
function goesByMap({ key }: KeyboardEvent, { selection }: EditorState): boolean {
  return key === 'Tab' || key.startsWith('Arrow') || selection instanceof CellSelection
}

function repair(view: EditorView, $pos: ResolvedPos): void {
  if (!view.editable || view.composing || !isUneven($pos)) return
  const repaired = fixTables(view.state)
  if (repaired) view.dispatch(repaired)
}

/** Repairs an uneven table just before somebody's key, paste or press of the mouse is handled that goes by its map. */
function acting(): Plugin {
  return new Plugin({
    props: {
      handleDOMEvents: {
        keydown: (view, event) => {
          if (goesByMap(event, view.state)) repair(view, view.state.selection.$from)
        },
        paste: (view) => repair(view, view.state.selection.$from),
        mousedown: (view, { target }) => {
          const row = target instanceof Element ? target.closest('tr') : null
          if (row && view.dom.contains(row)) repair(view, view.state.doc.resolve(view.posAtDOM(row, 0)))
        },
      },
    },
  })
}
