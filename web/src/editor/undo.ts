import type { EditorState } from '@tiptap/pm/state'
import { yUndoPluginKey } from '@tiptap/y-tiptap'
import type { UndoManager } from 'yjs'

/** Ends the step that is being gathered: what comes next is undone by itself, not with the typing before it. */
export function startStep(state: EditorState): void {
  const history = yUndoPluginKey.getState(state) as { undoManager: UndoManager } | undefined
  history?.undoManager.stopCapturing()
}
