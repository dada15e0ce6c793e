import { ActionIcon, Button, CopyButton, Group, Paper, TextInput, Tooltip } from '@mantine/core'
import { IconCheck, IconCopy, IconLinkOff, IconPencil } from '@tabler/icons-react'
import { getMarkRange, posToDOMRect, type Editor } from '@tiptap/core'
import { useEditorState } from '@tiptap/react'
import { useEffect, useRef, useState, type FormEvent, type RefObject } from 'react'
import { useTranslation } from 'react-i18next'
import { safeAddress, typedAddress } from '../links'

/** The pointer rests on a link before the bubble comes, and has time to reach it before it goes. */
const APPEAR_MS = 250
const LEAVE_MS = 300

interface Props {
  editor: Editor
  /** What the bubble stands in: it scrolls along with the text. */
  sheet: RefObject<HTMLDivElement | null>
  editing: boolean
  onEdit: () => void
  onClose: () => void
}

interface Found {
  href: string
  from: number
  to: number
}

function linkAt(editor: Editor, position: number): Found | null {
  const { doc, schema } = editor.state
  const type = schema.marks.link
  const range = type && getMarkRange(doc.resolve(position), type)
  const mark = range && doc.nodeAt(range.from)?.marks.find((found) => found.type === type)
  return mark ? { href: String(mark.attrs.href), from: range.from, to: range.to } : null
}

/** The link under the pointer, if it is not the one at the caret. */
function useHovered(editor: Editor): Found | null {
  const [hovered, setHovered] = useState<Found | null>(null)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>
    const over = (event: MouseEvent) => {
      const target = event.target instanceof HTMLElement ? event.target : null
      const link = target?.closest('.sheet-text') ? target.closest('a') : null
      clearTimeout(timer)
      if (link) {
        const find = () => link.isConnected && setHovered(linkAt(editor, editor.view.posAtDOM(link, 0)))
        timer = setTimeout(find, APPEAR_MS)
      } else if (!target?.closest('.link-bubble')) timer = setTimeout(() => setHovered(null), LEAVE_MS)
    }
    const gone = () => setHovered(null)
    document.addEventListener('mouseover', over)
    editor.on('update', gone)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('mouseover', over)
      editor.off('update', gone)
    }
  }, [editor])
  return hovered
}

/** Shows where a link leads, copies, changes and removes it; asks for the address of a new one. */
export function LinkBubble({ editor, sheet, editing, onEdit, onClose }: Props) {
  const { t } = useTranslation()
  const hovered = useHovered(editor)
  const caret = useEditorState({
    editor,
    selector: ({ editor: e }) => {
      const { selection } = e.state
      const link = selection.empty || editing ? linkAt(e, selection.from) : null
      // Without a form to place, typing changes nothing here and draws nothing.
      return { ...link, selected: editing ? { from: selection.from, to: selection.to } : null }
    },
  })
  const [dismissed, setDismissed] = useState<number | null>(null)
  const atCaret: Found | null =
    caret.href === undefined || (!editing && dismissed === caret.from)
      ? null
      : { href: caret.href, from: caret.from ?? 0, to: caret.to ?? 0 }
  const shown = editing ? atCaret : (hovered ?? atCaret)
  if (!editing && !shown) return null
  const range = shown ?? caret.selected
  const frame = sheet.current?.getBoundingClientRect()
  if (!frame || !range || range.to > editor.state.doc.content.size) return null
  const rect = posToDOMRect(editor.view, range.from, range.to)
  const left = Math.max(8, Math.min(rect.left - frame.left, frame.width - 348))
  return (
    <Paper
      className="link-bubble"
      role="dialog"
      aria-label={t('toolbar.link')}
      withBorder
      shadow="md"
      style={{ left, top: rect.bottom - frame.top + 6 }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        setDismissed(caret.from ?? null)
        onClose()
        editor.commands.focus()
      }}
    >
      {editing ? (
        <LinkForm editor={editor} link={atCaret} onClose={onClose} />
      ) : (
        shown && (
          <Preview
            link={shown}
            onEdit={
              editor.isEditable
                ? () => {
                    editor.commands.setTextSelection(shown.from + 1)
                    onEdit()
                  }
                : null
            }
            onRemove={() => {
              const type = editor.schema.marks.link
              if (type) editor.view.dispatch(editor.state.tr.removeMark(shown.from, shown.to, type))
              editor.commands.focus()
            }}
          />
        )
      )}
    </Paper>
  )
}

function Preview({ link, onEdit, onRemove }: { link: Found; onEdit: (() => void) | null; onRemove: () => void }) {
  const { t } = useTranslation()
  const address = safeAddress(link.href)
  return (
    <Group gap={2} wrap="nowrap">
      {address ? (
        <a className="link-address" href={address} target="_blank" rel="noopener noreferrer" title={address}>
          {address}
        </a>
      ) : (
        <span className="link-address">{t('link.refused')}</span>
      )}
      <CopyButton value={link.href}>
        {({ copied, copy }) => (
          <Tooltip label={t(copied ? 'copied' : 'share.copy')}>
            <ActionIcon variant="subtle" color="gray" size={34} aria-label={t('share.copy')} onClick={copy}>
              {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
      {onEdit && (
        <>
          <Tooltip label={t('link.edit')}>
            <ActionIcon variant="subtle" color="gray" size={34} aria-label={t('link.edit')} onClick={onEdit}>
              <IconPencil size={16} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label={t('link.remove')}>
            <ActionIcon variant="subtle" color="gray" size={34} aria-label={t('link.remove')} onClick={onRemove}>
              <IconLinkOff size={16} />
            </ActionIcon>
          </Tooltip>
        </>
      )}
    </Group>
  )
}

function LinkForm({ editor, link, onClose }: { editor: Editor; link: Found | null; onClose: () => void }) {
  const { t } = useTranslation()
  const [address, setAddress] = useState(link?.href ?? '')
  const [words, setWords] = useState('')
  const [refused, setRefused] = useState(false)
  const first = useRef<HTMLInputElement>(null)
  const needsWords = !link && editor.state.selection.empty
  useEffect(() => first.current?.focus(), [])
  const apply = (event: FormEvent) => {
    event.preventDefault()
    const href = typedAddress(address)
    if (address.trim() && !href) {
      setRefused(true)
      return
    }
    const chain = editor.chain().focus()
    if (link) chain.setTextSelection(link)
    if (!href) chain.unsetLink()
    else if (needsWords) {
      const text = words.trim() || address.trim()
      chain.insertContent({ type: 'text', text, marks: [{ type: 'link', attrs: { href } }] })
    } else chain.setLink({ href })
    if (link) chain.setTextSelection(link.to)
    chain.run()
    onClose()
  }
  return (
    <form onSubmit={apply} noValidate>
      {needsWords && (
        <TextInput
          size="xs"
          mb={6}
          aria-label={t('link.words')}
          placeholder={t('link.words')}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
      )}
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <TextInput
          ref={first}
          size="xs"
          flex={1}
          aria-label={t('link.address')}
          placeholder="https://"
          value={address}
          error={refused && t('link.refused')}
          onChange={(event) => {
            setAddress(event.currentTarget.value)
            setRefused(false)
          }}
        />
        <Button size="xs" type="submit">
          {t('link.apply')}
        </Button>
      </Group>
    </form>
  )
}
