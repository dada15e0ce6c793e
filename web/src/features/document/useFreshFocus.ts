import { useLocation } from '@tanstack/react-router'
import type { Editor } from '@tiptap/core'
import { useEffect } from 'react'

/** Somebody who made a document a moment ago wants to write in it. */
export function useFreshFocus(editor: Editor | null, readOnly: boolean): void {
  const fresh = useLocation({ select: (at) => at.state.fresh === true })
  useEffect(() => {
    if (!fresh || !editor || readOnly) return
    const start = () => void editor.commands.focus('start')
    if (editor.isInitialized) start()
    else editor.on('create', start)
    return () => void editor.off('create', start)
  }, [fresh, editor, readOnly])
}
