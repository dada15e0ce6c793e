/** What is dragged stays the selection: it follows what others change meanwhile, and is taken when it is dropped. */
import { Extension } from '@tiptap/core'
import { NodeSelection, Plugin } from '@tiptap/pm/state'
import type { EditorView } from '@tiptap/pm/view'
import { asWords } from '../paste/asWords'

/** A picture can be dragged that was not selected; ProseMirror loses it when somebody changes it meanwhile. */
function selectDragged(view: EditorView, { target }: Event): void {
  if (!(target instanceof HTMLElement)) return
  const { doc, selection, tr } = view.state
  const at = view.posAtDOM(target, 0)
  if (!doc.nodeAt(at)?.type.spec.draggable || (selection.from <= at && at < selection.to)) return
  view.dispatch(tr.setSelection(NodeSelection.create(doc, at)))
}

export const Dragging = Extension.create({
  name: 'dragging',

  addProseMirrorPlugins() {
    return [
      new Plugin({
        props: {
          handleDOMEvents: {
            dragstart: (view, event) => {
              selectDragged(view, event)
              return false
            },
          },
          transformPasted: (slice, view) => (view.dragging ? asWords(view.state.selection.content()) : slice),
        },
      }),
    ]
  },
})
