/** Alt+Shift with an arrow moves the chosen paragraphs or items past their neighbour. */
import { Extension, type Editor } from '@tiptap/core'
import { Selection } from '@tiptap/pm/state'
import { isItem } from './lists'

/** As items, they are moved as a whole: nothing in them is a neighbour. */
const ROWS = ['table', 'row']

export const MoveBlocks = Extension.create({
  name: 'moveBlocks',
  // After pictures, which grow and shrink by these keys.
  priority: 90,
  addKeyboardShortcuts() {
    return {
      'Alt-Shift-ArrowUp': () => move(this.editor, -1),
      'Alt-Shift-ArrowDown': () => move(this.editor, 1),
    }
  },
})

function move({ state, view }: Editor, direction: 1 | -1): boolean {
  const { $from, $to } = state.selection
  const range = $from.blockRange($to, (node) => !isItem(node) && !ROWS.includes(String(node.type.spec.tableRole)))
  if (!range) return false
  const { parent, startIndex, endIndex, start, end } = range
  const neighbour = parent.maybeChild(direction < 0 ? startIndex - 1 : endIndex)
  // At the edge the keys are still taken: the browser would select by them.
  if (!neighbour) return true
  // The neighbour goes past: the caret, and everybody else's in these blocks, stays in its words.
  const { tr } = state
  if (direction < 0) tr.delete(start - neighbour.nodeSize, start).insert(tr.mapping.map(end), neighbour)
  else tr.delete(end, end + neighbour.nodeSize).insert(start, neighbour)
  if (!tr.doc.eq(state.doc)) {
    const by = direction * neighbour.nodeSize
    const shifted = JSON.parse(JSON.stringify(state.selection.toJSON()), (key, value: unknown) =>
      ['anchor', 'head'].includes(key) && typeof value === 'number' ? value + by : value,
    ) as object
    tr.setSelection(Selection.fromJSON(tr.doc, shifted))
  }
  view.dispatch(tr.scrollIntoView())
  return true
}
