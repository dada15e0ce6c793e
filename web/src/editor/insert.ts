/** Pictures, rules and page breaks go into the text, and the caret goes on behind them. */
import { GapCursor } from '@tiptap/pm/gapcursor'
import type { Node } from '@tiptap/pm/model'
import { NodeSelection, Selection, TextSelection, type Transaction } from '@tiptap/pm/state'
import { canSplit } from '@tiptap/pm/transform'

/** Whether a selection begins or ends in code, which has room for letters only. */
export function isInCode({ $from, $to }: Selection): boolean {
  return [$from, $to].some(({ parent }) => parent.type.spec.code)
}

/** Puts blocks in the place of the caret: what stands behind it in its paragraph goes on behind them. */
export function insertBlocks(tr: Transaction, blocks: Node[]): boolean {
  const [first] = blocks
  if (!first) return false
  const { paragraph } = tr.doc.type.schema.nodes
  const size = blocks.reduce((sum, block) => sum + block.nodeSize, 0)
  if (tr.selection instanceof NodeSelection || tr.selection instanceof GapCursor) {
    const { to } = tr.selection
    if (tr.doc.resolve(to).parent.inlineContent) return false
    caretBehind(tr.insert(to, blocks), to + size)
    return true
  }
  // What a command has done by the time that it fails stays done.
  if (isInCode(tr.selection)) return false
  if (!tr.selection.empty) tr.deleteSelection()
  if (!(tr.selection instanceof TextSelection)) tr.setSelection(Selection.near(tr.selection.$from))
  let { $from } = tr.selection
  const { parent } = $from
  if (!parent.isTextblock || parent.type.spec.code) return false
  const fits = () => $from.node(-1).canReplaceWith($from.index(-1), $from.index(-1), first.type)
  if ($from.parentOffset > 0 || !fits()) {
    // Behind the end of a heading text goes on, not another heading.
    const after = $from.parentOffset === parent.content.size && paragraph ? [{ type: paragraph }] : undefined
    if (!canSplit(tr.doc, $from.pos, 1, after)) return false
    tr.split($from.pos, 1, after)
    $from = tr.doc.resolve(tr.selection.head)
    if (!fits()) return false
  }
  const at = $from.before()
  caretBehind(tr.insert(at, blocks), at + size)
  return true
}

/** The caret goes to the text right behind a position between blocks, made if there is none. */
export function caretBehind(tr: Transaction, at: number): void {
  const { nodeAfter } = tr.doc.resolve(at)
  const { paragraph } = tr.doc.type.schema.nodes
  if (paragraph && (!nodeAfter?.isTextblock || nodeAfter.type.spec.code)) tr.insert(at, paragraph.create())
  tr.setSelection(TextSelection.create(tr.doc, at + 1)).scrollIntoView()
}
