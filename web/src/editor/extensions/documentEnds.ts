/** Ctrl+Home and Ctrl+End go to the ends of the document, with Shift they select to there, and the end is seen. */
import { Extension, type Editor } from '@tiptap/core'
import { Selection, TextSelection } from '@tiptap/pm/state'

function go({ state, view }: Editor, end: 'start' | 'end', select: boolean): boolean {
  const { doc, selection, tr } = state
  const place = end === 'start' ? Selection.atStart(doc) : Selection.atEnd(doc)
  const target = select ? TextSelection.between(selection.$anchor, place.$head) : place
  view.dispatch(tr.setSelection(target).scrollIntoView())
  // The margin above the text comes along.
  if (end === 'start') view.dom.closest('.canvas')?.scrollTo(0, 0)
  return true
}

export const DocumentEnds = Extension.create({
  name: 'documentEnds',
  addKeyboardShortcuts() {
    const to = (end: 'start' | 'end', select: boolean) => () => go(this.editor, end, select)
    return {
      'Mod-Home': to('start', false),
      'Mod-End': to('end', false),
      'Shift-Mod-Home': to('start', true),
      'Shift-Mod-End': to('end', true),
    }
  },
})
