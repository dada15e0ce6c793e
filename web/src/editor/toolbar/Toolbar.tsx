import { IconArrowBackUp, IconArrowForwardUp, IconSearch } from '@tabler/icons-react'
import type { Editor } from '@tiptap/core'
import { useEditorState } from '@tiptap/react'
import { useEffect, useRef, type KeyboardEvent, type ReactNode, type RefObject } from 'react'
import { useTranslation } from 'react-i18next'
import type { Panel } from '../panels/panel'
import { InsertTools } from './InsertTools'
import { ParagraphTools } from './ParagraphTools'
import { TextTools } from './TextTools'
import { ToolButton } from './ToolButton'
import { useTabStop } from './useTabStop'

interface Props {
  editor: Editor
  /** What stands before the tools: on a narrow screen, the menu. */
  before?: ReactNode
  onPanel: (panel: Panel) => void
}

/** Marks a bar that goes on beyond its edge. */
function useEdge(bar: RefObject<HTMLDivElement | null>): void {
  useEffect(() => {
    const element = bar.current
    if (!element) return
    const look = () => {
      const left = element.scrollWidth - element.clientWidth - Math.abs(element.scrollLeft)
      element.toggleAttribute('data-more', left > 1)
    }
    const watch = new ResizeObserver(look)
    watch.observe(element)
    element.addEventListener('scroll', look, { passive: true })
    return () => {
      watch.disconnect()
      element.removeEventListener('scroll', look)
    }
  }, [bar])
}

/** One row of controls and one stop of Tab; Alt+F10 leads here, arrow keys move within it, Escape returns to the text. */
export function Toolbar({ editor, before, onPanel }: Props) {
  const { t } = useTranslation()
  const bar = useRef<HTMLDivElement>(null)
  const step = useTabStop(bar)
  useEdge(bar)
  const { canUndo, canRedo } = useEditorState({
    editor,
    selector: ({ editor: e }) => ({ canUndo: e.can().undo(), canRedo: e.can().redo() }),
  })
  const move = (event: KeyboardEvent) => {
    // Menus and popovers of the tools are drawn elsewhere, but their keys pass through here.
    if (!bar.current?.contains(event.target as Node)) return
    if (event.key === 'Escape') {
      editor.commands.focus()
      return
    }
    step(event)
  }
  return (
    <div className="toolbar" role="toolbar" aria-label={t('toolbar.label')} ref={bar} onKeyDown={move}>
      {before}
      <ToolButton
        label={t('toolbar.undo')}
        shortcut="toolbar.undo"
        icon={<IconArrowBackUp size={18} />}
        disabled={!canUndo}
        onClick={() => editor.chain().focus().undo().run()}
      />
      <ToolButton
        label={t('toolbar.redo')}
        shortcut="toolbar.redo"
        icon={<IconArrowForwardUp size={18} />}
        disabled={!canRedo}
        onClick={() => editor.chain().focus().redo().run()}
      />
      <ToolButton
        label={t('find.title')}
        shortcut="find.title"
        icon={<IconSearch size={18} />}
        onClick={() => onPanel('find')}
      />
      <span className="toolbar-gap" />
      <TextTools editor={editor} onLink={() => onPanel('link')} />
      <InsertTools editor={editor} />
      <span className="toolbar-gap" />
      <ParagraphTools editor={editor} />
    </div>
  )
}
