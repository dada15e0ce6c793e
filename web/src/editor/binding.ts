/** What the binding to the shared document tells through the editor's state and its transactions. */
import type { EditorState, Transaction } from '@tiptap/pm/state'
import { ySyncPluginKey, type ProsemirrorBinding } from '@tiptap/y-tiptap'

/** Undefined until the binding has drawn the document. */
export function bindingOf(state: EditorState): ProsemirrorBinding | undefined {
  return (ySyncPluginKey.getState(state) as { binding?: ProsemirrorBinding } | undefined)?.binding
}

/** Whether this person's undo or redo made a transaction, which comes as all others' do. */
export function isUndoOrRedo(transaction: Transaction): boolean {
  const origin = transaction.getMeta(ySyncPluginKey) as { isUndoRedoOperation?: boolean } | undefined
  return origin?.isUndoRedoOperation === true
}
