/** Where lines, and a selected picture, stand between the edges of the page. */
import type { Editor } from '@tiptap/core'
import type { Node } from '@tiptap/pm/model'
import { selectedPicture } from './picture/resize'

export const ALIGNMENTS = ['left', 'center', 'right', 'justify'] as const
export type Alignment = (typeof ALIGNMENTS)[number]

const FROM_RIGHT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Nko}\p{Script=Syriac}\p{Script=Thaana}]/u

/** Where the first words in a node begin: what `dir="auto"` says, without asking for a layout; null if there are none. */
export function directionOf(node: Node): 'ltr' | 'rtl' | null {
  if (node.attrs.dir) return node.attrs.dir === 'rtl' ? 'rtl' : 'ltr'
  if (node.isTextblock) {
    const letter = /\p{L}/u.exec(node.textContent)?.[0]
    return letter === undefined ? null : FROM_RIGHT.test(letter) ? 'rtl' : 'ltr'
  }
  for (const child of node.children) {
    const direction = directionOf(child)
    if (direction) return direction
  }
  return null
}

/** The side at which lines of a block begin that nobody aligned. */
function startOf(block: Node): Alignment {
  return directionOf(block) === 'rtl' ? 'right' : 'left'
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
