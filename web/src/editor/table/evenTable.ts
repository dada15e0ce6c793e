/**
 * Tables that keep their rows even. Where two people change a table at once its rows may come out uneven; it is shown
 * so until one of them works on the table. A repair by every browser that sees it would add a cell for each of them.
 */
import type { CommandProps } from '@tiptap/core'
import { isChangeOrigin } from '@tiptap/extension-collaboration'
import { Table } from '@tiptap/extension-table'
import { EditorState, Plugin, Selection, type Transaction } from '@tiptap/pm/state'
import { CellSelection, findTable, fixTables, TableMap, tableEditingKey } from '@tiptap/pm/tables'
import type { ResolvedPos } from '@tiptap/pm/model'
import type { EditorView } from '@tiptap/pm/view'
import { leadsIntoTable, selectingTables, typingOverCells } from './cellSelection'
import { repairTables } from './repair'
import { replay } from '../replay'

/** What is done to rows and columns goes by a map of the table, which is wrong where cells are missing. */
const GO_BY_MAP = new Set([
  'addColumnBefore',
  'addColumnAfter',
  'deleteColumn',
  'addRowBefore',
  'addRowAfter',
  'deleteRow',
  'mergeCells',
  'splitCell',
  'mergeOrSplit',
  'toggleHeaderColumn',
  'toggleHeaderRow',
  'toggleHeaderCell',
  'goToNextCell',
  'goToPreviousCell',
])

type Make = (...values: never[]) => (props: CommandProps) => boolean

export const EvenTable = Table.extend({
  addCommands() {
    const commands = Object.entries(this.parent?.() ?? {})
    return Object.fromEntries(
      commands.map(([name, make]) => [name, GO_BY_MAP.has(name) ? evened(make as Make) : make]),
    ) as NonNullable<ReturnType<NonNullable<typeof this.parent>>>
  },

  addProseMirrorPlugins() {
    const plugins = (this.parent?.() ?? []).map((plugin) => {
      const { appendTransaction: append, props } = plugin.spec
      const press = props?.handleKeyDown
      if (plugin.spec.key !== tableEditingKey || !append) return plugin
      return new Plugin({
        ...plugin.spec,
        props: {
          ...props,
          // The keys that go from cell to cell go by the end of a selection, and would forget where it began.
          handleKeyDown(this: Plugin, view, event) {
            return !leadsIntoTable(view.state) && press?.call(this, view, event)
          },
        },
        appendTransaction(this: Plugin, transactions, before, state) {
          const known = transactions.some(isChangeOrigin) || isUneven(before.selection.$from)
          // A document that does not differ is not looked at: only the selection is.
          const seen = known ? state : before
          return leadsIntoTable(state) ? fixTables(state, seen) : append.call(this, transactions, seen, state)
        },
      })
    })
    return [acting(), typingOverCells(), selectingTables(), ...plugins]
  },
})

/** A command that is done on tables that are even by then. */
function evened(make: Make): Make {
  return (...values) =>
    (props) => {
      const { tr, dispatch } = props
      const seen = EditorState.create({ doc: tr.doc, selection: tr.selection })
      const repaired = dispatch && repairTables(seen)
      if (!repaired) return make(...values)(props)
      // In a transaction of its own: a command may take the steps that it finds in its own for moves of what it knows.
      const whole = (done: Transaction) => {
        replay(repaired, tr)
        replay(done, tr)
        tr.setSelection(Selection.fromJSON(tr.doc, done.selection.toJSON()))
      }
      return make(...values)({ ...props, state: seen.apply(repaired), dispatch: whole as typeof dispatch })
    }
}

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
  const repaired = repairTables(view.state)
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
