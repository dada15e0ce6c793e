/** The line one writes in stays where it is on the screen, whatever others insert above it. */
import { Extension } from '@tiptap/core'
import { isChangeOrigin } from '@tiptap/extension-collaboration'
import type { EditorView } from '@tiptap/pm/view'

/** Scrolling is by whole pixels: a caret this near to its place is at its place, so that errors do not add up. */
const ROUNDING = 2

export const Steady = Extension.create<object, { top: number }>({
  name: 'steady',
  addStorage: () => ({ top: 0 }),
  dispatchTransaction({ transaction, next }) {
    const { view } = this.editor
    if (!transaction.docChanged || !isChangeOrigin(transaction)) return next(transaction)
    holdLine(
      view,
      () => next(transaction),
      (top) => {
        if (Math.abs(top - this.storage.top) >= ROUNDING) this.storage.top = top
        return this.storage.top
      },
    )
  },
})

/**
 * Does what changes the page, and keeps the line one writes in at its place: where it is, or what `placeOf` makes of
 * that. At the very top no browser does.
 */
export function holdLine(view: EditorView, change: () => void, placeOf = (top: number): number => top): void {
  const scroller = view.hasFocus() ? view.dom.closest('.canvas') : null
  const before = scroller && caretTop(view, scroller)
  change()
  // Where no caret is in sight, the browser's own scroll anchoring keeps the text in place.
  if (!scroller || before === null) return
  const moved = caretCoords(view).top - placeOf(before)
  // Setting the place that it has would end a scroll under way.
  if (Math.abs(moved) >= 1) scroller.scrollTop += moved
}

/** The caret belongs to the character before it, also where the line wraps after that. */
function caretCoords(view: EditorView): { top: number; bottom: number } {
  return view.coordsAtPos(view.state.selection.head, -1)
}

/** Where the caret is on the screen; null if it is out of sight. */
function caretTop(view: EditorView, scroller: Element): number | null {
  const { top, bottom } = caretCoords(view)
  const seen = scroller.getBoundingClientRect()
  return bottom > seen.top && top < seen.bottom ? top : null
}
