/** Keys while cells are selected, or while a selection leads into a table from outside. */
import type { ResolvedPos } from '@tiptap/pm/model'
import { Plugin, Selection, TextSelection, type EditorState, type Transaction } from '@tiptap/pm/state'
import { CellSelection, deleteCellSelection, findTable } from '@tiptap/pm/tables'
import { replay } from '../replay'

/** The code of a key that goes to an input method. */
const COMPOSING = 229

/** Words take the place of all that is selected, as they do elsewhere: the cells are emptied, the first has the words. */
export function typingOverCells(): Plugin {
  return new Plugin({
    props: {
      handleTextInput: (view, _from, _to, typed) => {
        const tr = intoFirst(view.state)
        if (!tr) return false
        view.dispatch(tr.insertText(typed).scrollIntoView())
        return true
      },
      handleDOMEvents: {
        // Once the browser composes words, it is too late to lead them elsewhere.
        keydown: (view, { keyCode, code, key }) => {
          const tr = keyCode === COMPOSING && (key === 'Dead' || code.startsWith('Key')) && intoFirst(view.state)
          if (tr) view.dispatch(tr)
          return false
        },
      },
    },
  })
}

/** Empties the selected cells and puts the caret into the first; null if no cells are selected. */
function intoFirst(state: EditorState): Transaction | null {
  const { selection, doc, tr } = state
  if (!(selection instanceof CellSelection)) return null
  const first = Math.min(...selection.ranges.map(({ $from }) => $from.pos))
  const marks = state.storedMarks ?? Selection.findFrom(doc.resolve(first), 1, true)?.$from.marks()
  deleteCellSelection(state, (emptied) => replay(emptied, tr))
  const caret = Selection.findFrom(tr.doc.resolve(first), 1, true)
  if (!caret) return null
  tr.setSelection(caret)
  return marks?.length ? tr.setStoredMarks(marks) : tr
}

/** A press with Shift in another table selects both, with all between them. */
export function selectingTables(): Plugin {
  return new Plugin({
    props: {
      handleDOMEvents: {
        mousedown: (view, event) => {
          const { button, shiftKey, target } = event
          const cell = shiftKey && button === 0 && target instanceof Element ? target.closest('td, th') : null
          if (!cell || !view.dom.contains(cell)) return false
          const { selection, doc, tr } = view.state
          const pressed = outermostTable(doc.resolve(view.posAtDOM(cell, 0)))
          const begun = outermostTable(selection.$anchor)
          if (!pressed || !begun || pressed.from === begun.from) return false
          const [first, last] = pressed.from > begun.from ? [begun, pressed] : [pressed, begun]
          const from = Selection.findFrom(doc.resolve(first.from), 1, true)
          const to = Selection.findFrom(doc.resolve(last.to), -1, true)
          if (!from || !to) return false
          const [anchor, head] = first === begun ? [from.from, to.to] : [to.to, from.from]
          event.preventDefault()
          view.focus()
          view.dispatch(tr.setSelection(TextSelection.create(doc, anchor, head)))
          return true
        },
      },
    },
  })
}

function outermostTable($pos: ResolvedPos): { from: number; to: number } | null {
  for (let depth = 1; depth <= $pos.depth; depth += 1) {
    if ($pos.node(depth).type.spec.tableRole === 'table') return { from: $pos.before(depth), to: $pos.after(depth) }
  }
  return null
}

/** Whether a selection of text begins outside of the table that it ends in: neither end alone says what is selected. */
export function leadsIntoTable({ selection }: EditorState): boolean {
  if (!(selection instanceof TextSelection) || selection.empty) return false
  return findTable(selection.$anchor)?.node !== findTable(selection.$head)?.node
}
