import { ActionIcon, Button, Group, Popover, TextInput, Tooltip } from '@mantine/core'
import { IconExternalLink, IconLink } from '@tabler/icons-react'
import type { Editor } from '@tiptap/core'
import { useEditorState } from '@tiptap/react'
import { useEffect, useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'

/** Adds, shows, changes and removes the link at the selection; also Ctrl+K, where `shortcut` is set. */
export function LinkButton({ editor, shortcut = true }: { editor: Editor; shortcut?: boolean }) {
  const { t } = useTranslation()
  const [open, setOpen] = useState(false)
  const [address, setAddress] = useState('')
  const { href, active } = useEditorState({
    editor,
    selector: ({ editor: e }) => ({
      href: (e.getAttributes('link').href as string | undefined) ?? '',
      active: e.isActive('link'),
    }),
  })
  const show = () => {
    setAddress(href)
    setOpen(true)
  }
  useEffect(() => {
    if (!shortcut) return
    const listen = (event: KeyboardEvent) => {
      if (editor.isFocused && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        setAddress((editor.getAttributes('link').href as string | undefined) ?? '')
        setOpen(true)
      }
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [editor, shortcut])
  const apply = (event: FormEvent) => {
    event.preventDefault()
    const wanted = address.trim()
    const full = !wanted || /^(https?:|mailto:|tel:|#)/i.test(wanted) ? wanted : `https://${wanted}`
    const chain = editor.chain().focus().extendMarkRange('link')
    if (!full) chain.unsetLink().run()
    else if (editor.state.selection.empty && !active) {
      chain.insertContent({ type: 'text', text: full, marks: [{ type: 'link', attrs: { href: full } }] }).run()
    } else chain.setLink({ href: full }).run()
    setOpen(false)
  }
  return (
    <Popover opened={open} onChange={setOpen} trapFocus withArrow shadow="md" position="bottom">
      <Popover.Target>
        <Tooltip label={`${t('toolbar.link')} (Ctrl+K)`} openDelay={400}>
          <ActionIcon
            variant={active ? 'light' : 'subtle'}
            color={active ? undefined : 'gray'}
            size={34}
            aria-label={t('toolbar.link')}
            aria-pressed={active}
            onMouseDown={(event) => event.preventDefault()}
            onClick={show}
          >
            <IconLink size={18} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown>
        <form onSubmit={apply}>
          <Group gap="xs" wrap="nowrap">
            <TextInput
              size="xs"
              w={240}
              aria-label={t('link.address')}
              placeholder="https://"
              value={address}
              onChange={(event) => setAddress(event.currentTarget.value)}
            />
            <Button size="xs" type="submit">
              {t('link.apply')}
            </Button>
            {href && (
              <ActionIcon
                component="a"
                href={href}
                target="_blank"
                rel="noopener noreferrer"
                variant="default"
                aria-label={t('link.open')}
              >
                <IconExternalLink size={16} />
              </ActionIcon>
            )}
          </Group>
        </form>
      </Popover.Dropdown>
    </Popover>
  )
}
