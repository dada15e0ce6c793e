/** Files that are dropped beside the text: no browser shows them in the place of the document. */
import type { Editor } from '@tiptap/core'
import { addPicturesOf } from './picture/pick'
import { pictureFiles } from './picture/uploads'

/** Pictures go where the text is nearest, and what is none is refused. Returns how to stop. */
export function takeDroppedFiles(editor: Editor, onRefused: () => void): () => void {
  const bringsFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') === true
  const onDrag = (event: DragEvent) => {
    if (bringsFiles(event)) event.preventDefault()
  }
  const onDrop = (event: DragEvent) => {
    // The text has taken what was dropped into it.
    if (event.defaultPrevented || !bringsFiles(event)) return
    event.preventDefault()
    const pictures = pictureFiles(event.dataTransfer?.files)
    if (!editor.isEditable || pictures.length === 0) onRefused()
    else addPicturesOf(editor, pictures, nearest(editor, event))
  }
  window.addEventListener('dragover', onDrag)
  window.addEventListener('drop', onDrop)
  return () => {
    window.removeEventListener('dragover', onDrag)
    window.removeEventListener('drop', onDrop)
  }
}

/** The place in the text that is nearest; beside what can be seen of it the caret's, and what is selected stays. */
function nearest({ view }: Editor, { clientX, clientY }: DragEvent): number {
  const { left, right } = view.dom.getBoundingClientRect()
  return (
    view.posAtCoords({ left: Math.min(Math.max(clientX, left + 1), right - 1), top: clientY })?.pos ??
    view.state.selection.to
  )
}
