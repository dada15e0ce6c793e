/** A selection that ends before the first letter of a paragraph means the paragraphs before it, as Shift+↓ selects them. */
import type { CommandProps } from '@tiptap/core'
import { TextSelection } from '@tiptap/pm/state'

export function endWithLine({ tr, state, dispatch }: CommandProps): void {
  const { selection, doc } = tr
  const { $from, $to, empty } = selection
  if (!dispatch || !(selection instanceof TextSelection) || empty) return
  if ($to.parentOffset > 0 || $from.sameParent($to)) return
  const end = TextSelection.findFrom(doc.resolve($to.before()), -1, true)
  if (!end || end.to < $from.pos) return
  tr.setSelection(TextSelection.between($from, end.$to))
  // The state that commands see follows the transaction when it is asked for it.
  void state.tr
}
