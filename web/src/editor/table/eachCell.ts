/** What is done to blocks is done in every cell that is selected, not only in one. */
import { Selection, TextSelection, type Transaction } from '@tiptap/pm/state'
import { CellSelection } from '@tiptap/pm/tables'

/** Does it with the selection in one cell after the other; null, and nothing done, if no cells are selected. */
export function inEachCell(tr: Transaction, change: () => boolean): boolean | null {
  const { selection } = tr
  if (!(selection instanceof CellSelection)) return null
  const before = tr.steps.length
  const cells: [number, number][] = selection.ranges.map(({ $from, $to }) => [$from.pos, $to.pos])
  let changed = false
  // From the last to the first: the places of the others stay.
  for (const [from, to] of cells.sort((a, b) => b[0] - a[0])) {
    const text = Selection.findFrom(tr.doc.resolve(from), 1, true)
    const end = Selection.findFrom(tr.doc.resolve(to), -1, true)
    if (!text || !end) continue
    tr.setSelection(TextSelection.between(text.$from, end.$to))
    changed = change() || changed
  }
  const { mapping } = tr
  const [anchor, head] = [selection.$anchorCell.pos, selection.$headCell.pos].map((at) =>
    mapping.slice(before).map(at, -1),
  ) as [number, number]
  tr.setSelection(CellSelection.create(tr.doc, anchor, head))
  return changed
}
