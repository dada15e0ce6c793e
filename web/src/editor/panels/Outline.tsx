import { NavLink } from '@mantine/core'
import type { Editor } from '@tiptap/core'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useCurrentSection } from './useCurrentSection'

/** After typing stops. */
const REFRESH_MS = 400

interface Heading {
  position: number
  level: number
  text: string
}

function headings(editor: Editor): Heading[] {
  const found: Heading[] = []
  editor.state.doc.forEach((node, position) => {
    if (node.type.name !== 'heading') return
    const text = node.textBetween(0, node.content.size, ' ', ' ').trim()
    if (text) found.push({ position, level: Number(node.attrs.level), text })
  })
  return found
}

interface Props {
  editor: Editor
  /** Given where it lies over the page: it goes as one is chosen, and without the focus, which brings up a keyboard. */
  onChosen?: () => void
}

/** The headings, read again when typing stops, never on a key; the one whose section is read is marked. */
export function Outline({ editor, onChosen }: Props) {
  const { t } = useTranslation()
  const [entries, setEntries] = useState<Heading[]>(() => headings(editor))
  const current = useCurrentSection(editor, entries)
  const list = useRef<HTMLElement>(null)
  useEffect(() => {
    list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' })
  }, [current])
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>
    const refresh = () => {
      clearTimeout(timer)
      timer = setTimeout(() => setEntries(headings(editor)), REFRESH_MS)
    }
    refresh()
    editor.on('update', refresh)
    return () => {
      clearTimeout(timer)
      editor.off('update', refresh)
    }
  }, [editor])
  return (
    <nav className="outline" ref={list} aria-label={t('outline.title')}>
      {!onChosen && <strong>{t('outline.title')}</strong>}
      {entries.length === 0 && <p>{t('outline.empty')}</p>}
      {entries.map((entry, index) => (
        <NavLink
          key={entry.position}
          component="button"
          label={entry.text}
          active={index === current}
          aria-current={index === current ? 'location' : undefined}
          pl={8 + (entry.level - 1) * 14}
          onClick={() => {
            editor
              .chain()
              .setTextSelection(entry.position + 1)
              .run()
            if (onChosen) onChosen()
            else editor.view.focus()
            const heading = editor.view.nodeDOM(entry.position)
            if (heading instanceof HTMLElement) heading.scrollIntoView({ block: 'start' })
          }}
        />
      ))}
    </nav>
  )
}
