/** What is dragged stays the selection: it follows what others change meanwhile, and is taken when it is dropped. */
import { Extension } from '@tiptap/core'
import { NodeSelection, Plugin, Selection, TextSelection } from '@tiptap/pm/state'
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

type Point = Parameters<EditorView['posAtCoords']>[0]

/** Where words stand beside a line of text, as the browser would put the caret there. */
function besideLine(view: EditorView, { left, top }: Point): number | null {
  const caret = document.caretRangeFromPoint?.(left, top)
  if (!caret || !view.dom.contains(caret.startContainer)) return null
  const place = view.state.doc.resolve(view.posAtDOM(caret.startContainer, caret.startOffset))
  const selection = place.parent.inlineContent ? new TextSelection(place) : Selection.findFrom(place, 1, true)
  if (!selection) return null
  const line = view.nodeDOM(selection.$head.before())
  if (!(line instanceof HTMLElement)) return null
  const { top: from, bottom: to } = line.getBoundingClientRect()
  return from <= top && top <= to ? selection.head : null
}

/** Beside a line ProseMirror drops between the blocks: dragged words became a paragraph of their own there. */
function dropIntoLines(view: EditorView): void {
  const posAtCoords = view.posAtCoords.bind(view)
  view.posAtCoords = (point) => {
    const found = posAtCoords(point)
    if (!found || !view.dragging || view.state.doc.resolve(found.pos).parent.inlineContent) return found
    if (!asWords(view.dragging.slice).content.firstChild?.isInline) return found
    return { ...found, pos: besideLine(view, point) ?? found.pos }
  }
}

export const Dragging = Extension.create({
  name: 'dragging',

  addProseMirrorPlugins() {
    return [
      new Plugin({
        view: (view) => {
          dropIntoLines(view)
          return {}
        },
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
