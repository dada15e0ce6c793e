import { Modal } from '@mantine/core'
import { useEditor } from '@tiptap/react'
import { lazy, memo, Suspense, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { api } from '../api/client'
import { explain } from '../api/explain'
import { styleNonce } from '../browser/nonce'
import { useSessionPart, type DocumentSession } from '../sync'
import type { Editor } from '@tiptap/core'
import { selectAll } from './clipboard'
import { extensions } from './extensions'
import { CORE_EXTENSIONS } from './extensions/keys'
import { readPending } from './extensions/pending'
import { takeDroppedFiles } from './dropFiles'
import { commands } from './mac'
import { documentOf } from './links'
import { MenuBar } from './menu/MenuBar'
import { useOneMenu } from './menu/useOneMenu'
import { AltText } from './panels/AltText'
import { asksToFind, findsAgain } from './panels/findKeys'
import { FindPanel } from './panels/FindPanel'
import { LinkBubble } from './panels/LinkBubble'
import { Outline } from './panels/Outline'
import type { PageActions, Panel } from './panels/panel'
import { WordCount } from './panels/WordCount'
import { SelectionMenu } from './panels/SelectionMenu'
import { ShortcutHelp } from './panels/ShortcutHelp'
import { asStored, byLink } from './picture/address'
import { PictureMenu } from './picture/PictureMenu'
import { sayFirst } from './sayFirst'
import { TableMenu } from './table/TableMenu'
import { Toolbar } from './toolbar/Toolbar'
import { PartHint } from './windowing/PartHint'
import './editor.css'
import './code/code.css'
import './extensions/caret.css'
import './picture/picture.css'
import './table/table.css'
import './tools.css'
import './print.css'

const EmojiPicker = lazy(() => import('./emoji/EmojiPicker').then((module) => ({ default: module.EmojiPicker })))

interface Props {
  session: DocumentSession
  link: string | null
  page: PageActions
  onEditor: (editor: Editor | null) => void
  onProblem: (message: string) => void
}

/** The page and its tools. Shown only when the document is here: never an empty stand-in for it. */
export const DocumentEditor = memo(function DocumentEditor(props: Props) {
  const { session, link, page, onEditor, onProblem } = props
  const { t } = useTranslation()
  const readOnly = useSessionPart(session, 'readOnly')
  const [panel, setPanel] = useState<Panel | null>(null)
  const sheet = useRef<HTMLDivElement>(null)
  const [lastTerm, setLastTerm] = useState('')
  const small = useOneMenu()
  const [fault, setFault] = useState<unknown>(null)
  // Thrown while React renders, a fault reaches the boundary around the editor.
  if (fault !== null) throw fault
  /** A picture that does not come goes out of the text again: why is said here. */
  const told = async <Brought,>(picture: Promise<Brought>): Promise<Brought> => {
    try {
      return await picture
    } catch (error) {
      onProblem(t('picture.failed', { reason: explain(t, error) }))
      throw error
    }
  }
  const editor = useEditor(
    {
      extensions: extensions(session, {
        placeholder: t('editor.placeholder'),
        onFault: setFault,
        onTooMuch: () => onProblem(t('insert.too-big')),
        upload: async (file) => (await told(api.attach(session.documentId, file, link))).url,
        addresses: link === null ? asStored : byLink(link),
        paste: {
          own: `/api/v1/documents/${session.documentId}/`,
          fetched: (address) => told(api.attachment(address, session.linkOf(documentOf(address)))),
          onLarge: (work) => sayFirst(t('paste.large'), work),
          describe: (kind, name) => t(`paste.picture.${kind}`, { name: name || t('paste.picture.unnamed') }),
        },
      }),
      enableCoreExtensions: CORE_EXTENSIONS,
      enablePasteRules: false,
      editable: !readOnly,
      injectNonce: styleNonce(),
      shouldRerenderOnTransaction: false,
      editorProps: {
        attributes: attributesOf(t, readOnly),
      },
    },
    [session],
  )
  useEffect(() => {
    if (!editor) return
    session.onRemote(
      () => editor.view.composing,
      () => readPending(editor.view),
    )
    return () =>
      session.onRemote(
        () => false,
        () => undefined,
      )
  }, [session, editor])
  useEffect(() => {
    // Also where it changes nothing, this draws the whole text once more.
    if (!editor || editor.isEditable !== readOnly) return
    editor.setOptions({ editable: !readOnly, editorProps: { attributes: attributesOf(t, readOnly) } })
  }, [editor, readOnly, t])
  useEffect(() => {
    onEditor(editor)
    return () => onEditor(null)
  }, [editor, onEditor])
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.altKey && event.key === 'F10') {
        document.querySelector<HTMLElement>('.toolbar [tabindex="0"]')?.focus()
        event.preventDefault()
        return
      }
      if (findsAgain(event)) {
        // The panel goes on to the next by itself.
        setPanel('find')
        event.preventDefault()
        return
      }
      if (!commands(event)) return
      const key = event.key.toLowerCase()
      if (event.shiftKey) {
        if (key !== 'c') return
        setPanel('words')
        event.preventDefault()
        return
      }
      if (asksToFind(event)) setPanel('find')
      else if (key === '/') setPanel('help')
      else if (key === 'k' && editor?.isEditable && editor.isFocused) setPanel('link')
      // The browser would take the menus along.
      else if (key === 'a' && editor?.isEditable === false && !isApart(event.target)) selectAll(editor)
      // Everything is saved as it is written: nobody wants a file of the page.
      else if (key !== 's') return
      event.preventDefault()
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [editor])
  useEffect(
    () => (editor ? takeDroppedFiles(editor, () => onProblem(t('drop.refused'))) : undefined),
    [editor, onProblem, t],
  )
  if (!editor) return null
  const close = () => setPanel(null)
  const menus = <MenuBar editor={editor} page={page} readOnly={readOnly} onPanel={setPanel} />
  return (
    <div className="editor">
      {(!small || readOnly) && <div className="menus">{menus}</div>}
      {!readOnly && <Toolbar editor={editor} before={small && menus} onPanel={setPanel} />}
      {panel === 'find' && (
        <div className="find-place">
          <FindPanel
            editor={editor}
            last={lastTerm}
            readOnly={readOnly}
            onClose={(term) => {
              setLastTerm(term)
              close()
            }}
          />
        </div>
      )}
      <ShortcutHelp opened={panel === 'help'} readOnly={readOnly} onClose={close} />
      <Modal
        opened={page.outline.shown && page.outline.over}
        onClose={page.outline.toggle}
        title={t('outline.title')}
        transitionProps={{ duration: 0 }}
      >
        <Outline editor={editor} onChosen={page.outline.toggle} />
      </Modal>
      <WordCount editor={editor} opened={panel === 'words'} onClose={close} />
      {panel === 'alt' && <AltText editor={editor} onClose={close} />}
      {panel === 'emoji' && (
        <Suspense>
          <EmojiPicker editor={editor} onClose={close} />
        </Suspense>
      )}
      <PartHint editor={editor} />
      <div className="canvas">
        {page.outline.shown && !page.outline.over && <Outline editor={editor} />}
        <div className="sheet" ref={sheet}>
          <Text editor={editor} />
          {!readOnly && (
            <>
              <SelectionMenu editor={editor} onLink={() => setPanel('link')} />
              <PictureMenu editor={editor} onAltText={() => setPanel('alt')} />
              <TableMenu editor={editor} />
            </>
          )}
          <LinkBubble
            editor={editor}
            sheet={sheet}
            editing={panel === 'link'}
            onEdit={() => setPanel('link')}
            onClose={() => setPanel((open) => (open === 'link' ? null : open))}
          />
        </div>
      </div>
    </div>
  )
})

/** Whether keys belong to what they are pressed in: a field, or a dialog above the text. */
function isApart(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, [role=dialog]') !== null
}

function attributesOf(t: TFunction, readOnly: boolean): Record<string, string> {
  return {
    role: 'textbox',
    'aria-multiline': 'true',
    'aria-label': t('editor.label'),
    ...(readOnly ? {} : { 'aria-description': t('editor.leave') }),
    'aria-readonly': String(readOnly),
    // A reader scrolls by keyboard too.
    tabindex: '0',
    class: 'sheet-text',
    spellcheck: 'true',
  }
}

/** TipTap's EditorContent draws the whole text once more as it comes, and as it goes, for node views made with React. */
function Text({ editor }: { editor: Editor }) {
  const place = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    // One that React was slow to take over is gone, and another comes.
    if (!editor.isDestroyed) place.current?.replaceChildren(editor.view.dom)
  }, [editor])
  return <div ref={place} />
}
