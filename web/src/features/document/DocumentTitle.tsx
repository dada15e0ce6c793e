import { VisuallyHidden } from '@mantine/core'
import { useState } from 'react'
import { flushSync } from 'react-dom'
import { useTranslation } from 'react-i18next'
import { MAX_TITLE } from '../../api/client'
import classes from './DocumentTitle.module.css'

interface Props {
  title: string
  disabled: boolean
  onRename: (title: string) => void
  /** Where the focus goes with Enter or Escape. */
  onDone: () => void
}

/** The title, edited in place; Enter or leaving the field keeps it, Escape takes it back. */
export function DocumentTitle(props: Props) {
  const { t } = useTranslation()
  const [draft, setDraft] = useState<string | null>(null)
  const keep = () => {
    if (draft !== null && draft.trim() && draft.trim() !== props.title) props.onRename(draft.trim())
    setDraft(null)
  }
  return (
    <>
      <VisuallyHidden component="h1">{props.title || t('document.title')}</VisuallyHidden>
      <input
        className={classes.title}
        aria-label={t('document.title')}
        dir="auto"
        value={draft ?? props.title}
        maxLength={MAX_TITLE}
        readOnly={props.disabled}
        onFocus={() => !props.disabled && setDraft(props.title)}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onBlur={keep}
        onKeyDown={(event) => {
          // Not the Enter that ends an input method's word.
          if (event.nativeEvent.isComposing || !['Enter', 'Escape'].includes(event.key)) return
          event.preventDefault()
          // Leaving the field keeps what it holds.
          if (event.key === 'Escape') flushSync(() => setDraft(null))
          event.currentTarget.blur()
          if (!props.disabled) props.onDone()
        }}
      />
    </>
  )
}
