/** The caret beside tables, pictures, rules and code: there is always a way to write before and behind them. */
import { Extension, findParentNode, type Editor } from '@tiptap/core'
import { isChangeOrigin } from '@tiptap/extension-collaboration'
import { GapCursor } from '@tiptap/pm/gapcursor'
import type { Node } from '@tiptap/pm/model'
import { NodeSelection, Plugin, Selection, TextSelection, type Transaction } from '@tiptap/pm/state'
import { caretBehind } from '../insert'

const ALONE = ['image', 'horizontalRule', 'pageBreak']

export const BesideBlocks = Extension.create({
  name: 'besideBlocks',

  addKeyboardShortcuts() {
    const { editor } = this
    return {
      Backspace: () => intoTable(editor, -1),
      Delete: () => intoTable(editor, 1),
      Enter: () => lineAboveTable(editor),
      ArrowUp: () => aboveTable(editor) || lineAboveCode(editor),
    }
  },

  addProseMirrorPlugins() {
    return [
      new Plugin({
        // What was just put in must not be selected: the next word would replace it.
        appendTransaction: (transactions, _before, { selection, tr }) => {
          if (!(selection instanceof NodeSelection) || !ALONE.includes(selection.node.type.name)) return null
          if (!transactions.some((one) => inserts(one, selection.from))) return null
          caretBehind(tr, selection.to)
          return tr
        },
      }),
    ]
  },
})

/** Whether a transaction put in what stands at a position now. What is dropped stays selected. */
function inserts(tr: Transaction, at: number): boolean {
  if (!tr.docChanged || isChangeOrigin(tr) || tr.getMeta('uiEvent') === 'drop') return false
  let found = false
  tr.mapping.maps.forEach((map, index) =>
    map.forEach((oldFrom, oldTo, newFrom, newTo) => {
      const rest = tr.mapping.slice(index + 1)
      const grew = newTo - newFrom > oldTo - oldFrom
      found ||= grew && rest.map(newFrom, -1) <= at && at < rest.map(newTo, 1)
    }),
  )
  return found
}

const isTable = (node?: Node | null) => node?.type.spec.tableRole === 'table'

/** Erasing towards a table moves the caret into its nearest cell: the table stays. */
function intoTable({ state, view }: Editor, direction: 1 | -1): boolean {
  const { selection, doc, tr } = state
  if (!(selection instanceof TextSelection) || !selection.$cursor) return false
  const { $cursor } = selection
  if ($cursor.depth === 0 || $cursor.parentOffset !== (direction < 0 ? 0 : $cursor.parent.content.size)) return false
  const $edge = doc.resolve(direction < 0 ? $cursor.before() : $cursor.after())
  if (!isTable(direction < 0 ? $edge.nodeBefore : $edge.nodeAfter)) return false
  const inside = Selection.findFrom($edge, direction, true)
  if (inside) view.dispatch(tr.setSelection(inside).scrollIntoView())
  return inside !== null
}

/** Whether no words can be written right above a place on the page. */
function closedAbove(doc: Node, at: number): boolean {
  const { depth, nodeBefore } = doc.resolve(at)
  return depth === 0 && (!nodeBefore || nodeBefore.isAtom || Boolean(nodeBefore.type.spec.isolating))
}

/** Makes a paragraph at a place between blocks and puts the caret into it. */
function lineAt({ state, view }: Editor, at: number): boolean {
  const { paragraph } = state.schema.nodes
  if (!paragraph) return false
  const tr = state.tr.insert(at, paragraph.create())
  view.dispatch(tr.setSelection(TextSelection.create(tr.doc, at + 1)).scrollIntoView())
  return true
}

/** At the very start of a table that has nothing above it, Enter makes a line there. */
function lineAboveTable(editor: Editor): boolean {
  const { selection, doc } = editor.state
  const table = findParentNode(isTable)(selection)
  if (!table || !selection.empty || !closedAbove(doc, table.pos)) return false
  const first = Selection.findFrom(doc.resolve(table.start), 1, true)
  return first?.from === selection.from && lineAt(editor, table.pos)
}

/** From the first row of a table that has nothing above it, the caret goes above it. */
function aboveTable({ state, view }: Editor): boolean {
  const { selection, doc, tr } = state
  const { $from } = selection
  const table = findParentNode(isTable)(selection)
  if (!table || !(selection instanceof TextSelection) || !selection.empty) return false
  // The cell stands in its row where it stands; everything else has to be the first.
  const levels = Array.from({ length: $from.depth - table.depth }, (_, level) => table.depth + level)
  if (levels.some((depth) => depth !== table.depth + 1 && $from.index(depth) > 0)) return false
  if (!closedAbove(doc, table.pos) || !view.endOfTextblock('up')) return false
  view.dispatch(tr.setSelection(new GapCursor(doc.resolve(table.pos))).scrollIntoView())
  return true
}

/** From the first line of code that has nothing above it, a line is made there. */
function lineAboveCode(editor: Editor): boolean {
  const { selection, doc } = editor.state
  const { $from } = selection
  if (!selection.empty || !$from.parent.type.spec.code || !closedAbove(doc, $from.before())) return false
  return editor.view.endOfTextblock('up') && lineAt(editor, $from.before())
}
