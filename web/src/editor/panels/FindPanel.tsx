import { ActionIcon, Button, Checkbox, CloseButton, Group, Paper, Text, TextInput } from '@mantine/core'
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react'
import type { Editor } from '@tiptap/core'
import { useEditorState } from '@tiptap/react'
import { useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { flushSync } from 'react-dom'
import { useTranslation } from 'react-i18next'
import { bringIntoView } from '../../browser/bringIntoView'
import { sayFirst } from '../sayFirst'
import { asksToFind, findsAgain } from './findKeys'
import { replaceAll, replaceOne } from './replaceFound'
import { termPattern } from './termPattern'

/** What somebody selected, to be looked for. */
function selected(editor: Editor): string {
  const { from, to } = editor.state.selection
  return editor.state.doc.textBetween(from, Math.min(to, from + 200), ' ')
}

/** So many finds take a while to replace. */
const MANY = 300

interface Props {
  editor: Editor
  /** What was looked for last. */
  last: string
  readOnly: boolean
  onClose: (term: string) => void
}

/** Finds and, for who may write, replaces in the whole document; each replacement of all is one step to undo. */
export function FindPanel({ editor, last, readOnly, onClose }: Props) {
  const { t } = useTranslation()
  const [term, setTerm] = useState(() => selected(editor) || last)
  const field = useRef<HTMLInputElement>(null)
  const [replacement, setReplacement] = useState('')
  const [replacing, setReplacing] = useState(false)
  const { count, at, caseSensitive, wholeWord } = useEditorState({
    editor,
    selector: ({ editor: e }) => ({
      count: e.storage.findAndReplace.results.length,
      at: e.storage.findAndReplace.currentIndex,
      caseSensitive: e.storage.findAndReplace.caseSensitive,
      wholeWord: e.storage.findAndReplace.wholeWord,
    }),
  })
  useEffect(() => field.current?.select(), [])
  useEffect(() => {
    editor.chain().setUseRegex(true).setSearchTerm(termPattern(term)).run()
  }, [editor, term])
  useEffect(() => {
    editor.commands.setReplaceTerm(replacement)
  }, [editor, replacement])
  useEffect(() => () => void (editor.isDestroyed || editor.commands.clearSearch()), [editor])
  const any = count > 0
  // ProseMirror scrolls to a selection only where the text has the focus.
  useEffect(() => {
    if (any) bringIntoView(editor.view.dom.querySelector('.find-and-replace-result-current'))
  }, [editor, term, at, any, caseSensitive, wholeWord])
  const close = () => {
    onClose(term)
    editor.view.focus()
  }
  const keys = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.preventDefault()
      close()
    }
  }
  const go = (back: boolean) => (back ? editor.commands.goToPreviousResult() : editor.commands.goToNextResult())
  useEffect(() => {
    const listen = (event: globalThis.KeyboardEvent) => {
      if (findsAgain(event)) go(event.shiftKey)
      if (!asksToFind(event)) return
      const words = editor.isFocused && selected(editor)
      if (words) flushSync(() => setTerm(words))
      field.current?.focus()
      field.current?.select()
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  })
  const step = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return
    event.preventDefault()
    go(event.shiftKey)
  }
  const replace = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey) return step(event)
    event.preventDefault()
    if (any) replaceOne(editor, replacement)
  }
  const replaceEach = () => {
    const work = () => {
      if (!editor.isDestroyed) replaceAll(editor, termPattern(term), replacement)
      setReplacing(false)
      field.current?.focus()
    }
    if (count < MANY) return work()
    setReplacing(true)
    sayFirst(t('find.replacing'), work)
  }
  const found = !term ? '' : count === 0 ? t('find.none') : t('find.count', { at: (at ?? 0) + 1, count })
  return (
    <Paper
      className="find-panel"
      role="search"
      aria-label={t(readOnly ? 'find.term' : 'find.title')}
      withBorder
      shadow="md"
      onKeyDown={keys}
    >
      <Group gap={6} wrap="nowrap">
        <TextInput
          size="xs"
          flex={1}
          aria-label={t('find.term')}
          placeholder={t('find.term')}
          value={term}
          onChange={(event) => setTerm(event.currentTarget.value)}
          onKeyDown={step}
          ref={field}
        />
        <Text size="xs" className="find-count" role="status">
          {found}
        </Text>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t('find.previous')}
          disabled={!count}
          onClick={() => go(true)}
        >
          <IconChevronUp size={16} />
        </ActionIcon>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t('find.next')}
          disabled={!count}
          onClick={() => go(false)}
        >
          <IconChevronDown size={16} />
        </ActionIcon>
        <CloseButton aria-label={t('find.close')} onClick={close} />
      </Group>
      {!readOnly && (
        <Group gap={6} wrap="nowrap" mt={6}>
          <TextInput
            size="xs"
            flex={1}
            aria-label={t('find.replacement')}
            placeholder={t('find.replacement')}
            value={replacement}
            onChange={(event) => setReplacement(event.currentTarget.value)}
            onKeyDown={replace}
          />
          <Button size="compact-xs" variant="default" disabled={!count} onClick={() => replaceOne(editor, replacement)}>
            {t('find.replace')}
          </Button>
          <Button size="compact-xs" variant="default" disabled={!count || replacing} onClick={replaceEach}>
            {t('find.replace.all')}
          </Button>
        </Group>
      )}
      <Group gap="md" mt={8}>
        <Checkbox
          size="xs"
          label={t('find.case')}
          checked={caseSensitive}
          onChange={(event) => editor.commands.setCaseSensitive(event.currentTarget.checked)}
        />
        <Checkbox
          size="xs"
          label={t('find.word')}
          checked={wholeWord}
          onChange={(event) => editor.commands.setWholeWord(event.currentTarget.checked)}
        />
      </Group>
    </Paper>
  )
}
