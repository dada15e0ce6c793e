import { VisuallyHidden } from '@mantine/core'
import type { Editor } from '@tiptap/core'
import { useEditorState } from '@tiptap/react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isLaidOutInPart } from './windowing'

/** What is said after the title of the page: together with it one of both would be lost. */
const LATER_MS = 1000

/** Says, where a document is long, that a screen reader finds a part of it only, and how it finds the whole. */
export function PartHint({ editor }: { editor: Editor }) {
  const { t } = useTranslation()
  const [said, say] = useState(false)
  const part = useEditorState({ editor, selector: ({ editor: { state } }) => isLaidOutInPart(state.doc) })
  useEffect(() => {
    const timer = setTimeout(() => say(part), LATER_MS)
    return () => clearTimeout(timer)
  }, [part])
  // A press beside the text would put the caret into the nearest words, which these must not be.
  return (
    <VisuallyHidden role="status" style={{ userSelect: 'none' }}>
      {said ? t('whole.hint', { entry: t('whole.title') }) : ''}
    </VisuallyHidden>
  )
}
