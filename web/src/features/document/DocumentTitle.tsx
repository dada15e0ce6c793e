import { VisuallyHidden } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { MAX_TITLE } from '../../api/client'
import classes from './DocumentTitle.module.css'

/** The title, edited in place; Enter or leaving the field keeps it, Escape takes it back. */
export function DocumentTitle(props: { title: string; disabled: boolean; onRename: (title: string) => void }) {
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
          if (event.key === 'Enter') event.currentTarget.blur()
          if (event.key === 'Escape') {
            setDraft(null)
            event.currentTarget.value = props.title
            event.currentTarget.blur()
          }
        }}
      />
    </>
  )
}
