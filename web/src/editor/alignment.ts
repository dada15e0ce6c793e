/** Where lines, and a selected picture, stand between the edges of the page. */
import type { Editor } from '@tiptap/core'
import type { Node } from '@tiptap/pm/model'
import { selectedPicture } from './picture/resize'

export const ALIGNMENTS = ['left', 'center', 'right', 'justify'] as const
export type Alignment = (typeof ALIGNMENTS)[number]

const FROM_RIGHT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Nko}\p{Script=Syriac}\p{Script=Thaana}]/u

/** The side at which lines of a block begin that nobody aligned: what `dir="auto"` says, without asking for a layout. */
function startOf(block: Node): Alignment {
  const dir = block.attrs.dir as string | null
  if (dir) return dir === 'rtl' ? 'right' : 'left'
  return FROM_RIGHT.test(/\p{L}/u.exec(block.textContent)?.[0] ?? '') ? 'right' : 'left'
}

/** How the selected picture or the line with the start of the selection is aligned; null in what never is. */
export function alignmentOf(editor: Editor): Alignment | null {
  if (selectedPicture(editor) !== null) return editor.getAttributes('image').align as Alignment
  const block = editor.state.selection.$from.parent
  if (!('textAlign' in block.attrs)) return null
  return (block.attrs.textAlign as Alignment | null) ?? startOf(block)
}

/** Aligns them; on the side where lines begin by themselves they follow their words again. */
export function align(editor: Editor, alignment: Alignment): void {
  const run = editor.chain().focus()
  if (selectedPicture(editor) !== null) {
    if (alignment !== 'justify') run.updateAttributes('image', { align: alignment }).run()
  } else if (alignment === startOf(editor.state.selection.$from.parent)) run.unsetTextAlign().run()
  else run.setTextAlign(alignment).run()
}
