/**
 * The browser tells of a moved caret a moment after it moved. Before that moment nothing may be drawn or decided by the
 * caret that the editor knows: it would be thrown back, and the next letter would land where it was.
 */
import { Extension } from '@tiptap/core'
import { Plugin } from '@tiptap/pm/state'
import type { EditorView } from '@tiptap/pm/view'

/** ProseMirror reads the DOM by this; it is not part of the published types. */
interface Observed {
  domObserver: { forceFlush: () => void; flush: () => void }
}

/** Takes in what the browser did to the text and the selection and has not told yet. */
export function readPending(view: EditorView): void {
  if (view.isDestroyed || view.composing) return
  const { domObserver } = view as unknown as Observed
  domObserver.forceFlush()
  domObserver.flush()
}

export const Pending = Extension.create({
  name: 'pending',
  // Before all keymaps: keys in quick succession each find the caret where the last one left it.
  priority: 10_000,
  addProseMirrorPlugins() {
    return [
      new Plugin({
        props: {
          handleDOMEvents: {
            keydown: (view) => {
              readPending(view)
              return false
            },
          },
        },
      }),
    ]
  },
})
