import { notifications } from '@mantine/notifications'
import { EditorContent, useEditor } from '@tiptap/react'
import { memo, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../api/client'
import { useSessionPart, type DocumentSession } from '../sync'
import type { Editor } from '@tiptap/core'
import { extensions } from './extensions'
import { FindPanel } from './panels/FindPanel'
import { Outline } from './panels/Outline'
import { SelectionMenu } from './panels/SelectionMenu'
import { ShortcutHelp } from './panels/ShortcutHelp'
import { Toolbar } from './toolbar/Toolbar'
import './editor.css'

interface Props {
  session: DocumentSession
  link: string | null
  outline: boolean
  onEditor: (editor: Editor | null) => void
  onUploadFailed: (reason: string) => void
}

/** The page and its toolbar. Shown only when the document is here: never an empty stand-in for it. */
export const DocumentEditor = memo(function DocumentEditor(props: Props) {
  const { session, link, outline, onEditor, onUploadFailed } = props
  const { t } = useTranslation()
  const readOnly = useSessionPart(session, 'readOnly')
  const [finding, setFinding] = useState(false)
  const [helping, setHelping] = useState(false)
  const reading = useRef(readOnly)
  const [fault, setFault] = useState<unknown>(null)
  // Thrown while React renders, a fault reaches the boundary around the editor.
  if (fault !== null) throw fault
  const editor = useEditor(
    {
      extensions: extensions(session, {
        placeholder: t('editor.placeholder'),
        onFault: setFault,
        onTooMuch: () => notifications.show({ color: 'red', message: t('insert.too-big') }),
        upload: async (file) => {
          try {
            return (await api.attach(session.documentId, file, link)).url
          } catch (error) {
            onUploadFailed(error instanceof Error ? error.message : String(error))
            throw error
          }
        },
      }),
      editable: !readOnly,
      injectNonce: document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? '',
      shouldRerenderOnTransaction: false,
      editorProps: {
        attributes: () => ({
          role: 'textbox',
          'aria-multiline': 'true',
          'aria-label': t('editor.label'),
          'aria-readonly': String(reading.current),
          // A reader scrolls by keyboard too.
          tabindex: '0',
          class: 'sheet-text',
          spellcheck: 'true',
        }),
      },
    },
    [session],
  )
  useEffect(() => {
    session.holdWhile(() => editor?.view.composing ?? false)
    return () => session.holdWhile(() => false)
  }, [session, editor])
  useEffect(() => {
    reading.current = readOnly
    editor?.setEditable(!readOnly, false)
  }, [editor, readOnly])
  useEffect(() => {
    onEditor(editor)
    return () => onEditor(null)
  }, [editor, onEditor])
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.altKey && event.key === 'F10') {
        document
          .querySelector<HTMLElement>('[role=toolbar] :is(button:not(:disabled), input:not([type=hidden]))')
          ?.focus()
        event.preventDefault()
        return
      }
      if (!(event.ctrlKey || event.metaKey) || event.altKey) return
      const key = event.key.toLowerCase()
      if ((key === 'f' || (key === 'h' && event.ctrlKey)) && !event.shiftKey) setFinding(true)
      else if (key === '/') setHelping(true)
      else return
      event.preventDefault()
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [])
  if (!editor) return null
  return (
    <div className="editor">
      {!readOnly && (
        <Toolbar editor={editor} onFind={() => setFinding((open) => !open)} onHelp={() => setHelping(true)} />
      )}
      {!readOnly && <SelectionMenu editor={editor} />}
      {finding && <FindPanel editor={editor} onClose={() => setFinding(false)} />}
      <ShortcutHelp opened={helping} onClose={() => setHelping(false)} />
      <div className="canvas">
        {outline && <Outline editor={editor} />}
        <div className="sheet">
          <EditorContent editor={editor} />
        </div>
      </div>
    </div>
  )
})
