/** Changing the size of a picture; its shape stays. */
import type { Editor } from '@tiptap/core'
import { NodeSelection } from '@tiptap/pm/state'
import type { EditorView } from '@tiptap/pm/view'
import { LEAST_SIDE, MOST_SIDE } from '../limits'

/** Narrower, its handles would meet. */
export const LEAST_WIDTH = 32
const STEP = 1.1

export function setWidth(view: EditorView, position: number, width: number): void {
  const image = imageAt(view, position)
  if (!image) return
  const most = image.closest('.picture')?.clientWidth ?? MOST_SIDE
  const wide = Math.round(Math.max(LEAST_WIDTH, Math.min(width, most)))
  const shape = image.naturalWidth ? image.naturalHeight / image.naturalWidth : image.height / image.width
  view.dispatch(
    view.state.tr
      .setNodeAttribute(position, 'width', wide)
      .setNodeAttribute(position, 'height', Math.max(LEAST_SIDE, Math.round(wide * shape))),
  )
}

function imageAt(view: EditorView, position: number): HTMLImageElement | null {
  const dom = view.nodeDOM(position)
  return dom instanceof HTMLElement ? dom.querySelector('img') : null
}

/** The position of the picture that is selected. */
export function selectedPicture(editor: Editor): number | null {
  const { selection } = editor.state
  return selection instanceof NodeSelection && selection.node.type.name === 'image' ? selection.from : null
}

/** One step larger or smaller: what a handle does, from the keyboard. */
export function step(editor: Editor, direction: 1 | -1): boolean {
  const position = selectedPicture(editor)
  const image = position === null ? null : imageAt(editor.view, position)
  if (position === null || !image) return false
  setWidth(editor.view, position, image.clientWidth * (direction > 0 ? STEP : 1 / STEP))
  return true
}

/** The width that the file has, or that of the page if it is wider. */
export function originalSize(editor: Editor): boolean {
  const position = selectedPicture(editor)
  if (position === null) return false
  const { tr } = editor.state
  editor.view.dispatch(tr.setNodeAttribute(position, 'width', null).setNodeAttribute(position, 'height', null))
  return true
}
