import { VisuallyHidden } from '@mantine/core'
import { useRef, useState, type RefObject } from 'react'
import { flushSync } from 'react-dom'
import { useTranslation } from 'react-i18next'
import { MAX_TITLE } from '../../api/client'
import { UNTITLED } from './untitled'
import classes from './DocumentTitle.module.css'

interface Props {
  title: string
  field: RefObject<HTMLInputElement | null>
  disabled: boolean
  onRename: (title: string) => void
  /** Where the focus goes with Enter or Escape. */
  onDone: () => void
  /** A title for a document that has none. */
  offer: () => string
}

/**
 * The title, edited in place; Enter or leaving the field keeps it, Escape takes it back. For an untitled document the
 * first heading stands in the field: who comes by keyboard keeps it by Enter, or passes by.
 */
export function DocumentTitle({ field, ...props }: Props) {
  const { t } = useTranslation()
  const [draft, setDraft] = useState<string | null>(null)
  const [offered, setOffered] = useState<string | null>(null)
  const pointed = useRef(false)
  const begin = (field: HTMLInputElement) => {
    const untitled = UNTITLED.includes(props.title)
    const offer = untitled ? props.offer() : ''
    const shown = offer || props.title
    setDraft(shown)
    setOffered(offer && !pointed.current ? offer : null)
    // What is no title gives way to the first key. To select takes the focus, too: not from where it has gone meanwhile.
    const select = () => document.activeElement === field && field.value === shown && field.select()
    if (untitled) requestAnimationFrame(select)
  }
  const keep = () => {
    pointed.current = false
    const words = draft?.trim()
    if (words && words !== props.title && draft !== offered) props.onRename(words)
    setDraft(null)
  }
  return (
    <>
      <VisuallyHidden component="h1">{props.title || t('document.title')}</VisuallyHidden>
      <input
        ref={field}
        className={classes.title}
        aria-label={t('document.title')}
        dir="auto"
        value={draft ?? props.title}
        maxLength={MAX_TITLE}
        readOnly={props.disabled}
        onPointerDown={() => (pointed.current = true)}
        onFocus={(event) => !props.disabled && begin(event.currentTarget)}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onBlur={keep}
        onKeyDown={(event) => {
          // Not the Enter that ends an input method's word.
          if (event.nativeEvent.isComposing || !['Enter', 'Escape'].includes(event.key)) return
          event.preventDefault()
          // Leaving the field keeps what it holds.
          flushSync(() => (event.key === 'Escape' ? setDraft(null) : setOffered(null)))
          event.currentTarget.blur()
          if (!props.disabled) props.onDone()
        }}
      />
    </>
  )
}
