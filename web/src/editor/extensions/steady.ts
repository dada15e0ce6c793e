/** The line one writes in stays where it is on the screen, whatever others insert above it. */
import { Extension } from '@tiptap/core'
import { isChangeOrigin } from '@tiptap/extension-collaboration'
import type { EditorView } from '@tiptap/pm/view'

export const Steady = Extension.create({
  name: 'steady',
  dispatchTransaction({ transaction, next }) {
    const { view } = this.editor
    const scroller = isChangeOrigin(transaction) && transaction.docChanged ? view.dom.closest('.canvas') : null
    const before = scroller && caretTop(view, scroller)
    next(transaction)
    if (!scroller || before === null) return
    const after = caretTop(view, null)
    // Where no caret is in sight, the browser's own scroll anchoring keeps the text in place.
    if (after !== null && after !== before) scroller.scrollTop += after - before
  },
})

/** Where the caret is on the screen; null if there is none, or it is out of sight. */
function caretTop(view: EditorView, scroller: Element | null): number | null {
  if (!view.hasFocus()) return null
  const { top, bottom } = view.coordsAtPos(view.state.selection.head)
  if (!scroller) return top
  const seen = scroller.getBoundingClientRect()
  return bottom > seen.top && top < seen.bottom ? top : null
}
