import { ActionIcon, Avatar, Button, Group, Menu, Modal, Stack, TextInput } from '@mantine/core'
import { IconLogin, IconMoon, IconPencil, IconSun } from '@tabler/icons-react'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { useMenuButton } from '../../app/useMenuButton'
import { useTheme } from '../../app/useTheme'
import { LanguageSelect } from '../../i18n/LanguageSelect'
import { initials } from '../../presence/initials'
import type { Me } from '../../sync/types'

interface Props {
  me: Me
  onRename: (name: string) => void
}

/** What a visitor without an account can say about themselves: a name and a language. */
export function GuestMenu({ me, onRename }: Props) {
  const { t } = useTranslation()
  const { button, from } = useMenuButton()
  const { dark, toggle } = useTheme()
  const [naming, setNaming] = useState(false)
  const signIn = `/sign-in?next=${encodeURIComponent(location.pathname)}${location.hash}`
  return (
    <>
      <Menu position="bottom-end" width={240}>
        <Menu.Target>
          <ActionIcon ref={button} variant="transparent" size={40} aria-label={t('guest.menu', { name: me.name })}>
            <Avatar size={34} radius="xl" styles={{ placeholder: { background: me.color, color: '#fff' } }}>
              {initials(me.name)}
            </Avatar>
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label dir="auto">{me.name}</Menu.Label>
          <Menu.Item leftSection={<IconPencil size={16} />} onClick={from(() => setNaming(true))}>
            {t('guest.change')}
          </Menu.Item>
          <Menu.Item leftSection={dark ? <IconSun size={16} /> : <IconMoon size={16} />} onClick={toggle}>
            {t(dark ? 'theme.light' : 'theme.dark')}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item leftSection={<IconLogin size={16} />} component="a" href={signIn}>
            {t('signin.title')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={naming} onClose={() => setNaming(false)} title={t('guest.change')}>
        <NameForm
          me={me}
          onDone={(name) => {
            onRename(name)
            setNaming(false)
          }}
        />
      </Modal>
    </>
  )
}

function NameForm({ me, onDone }: { me: Me; onDone: (name: string) => void }) {
  const { t } = useTranslation()
  const [name, setName] = useState(me.name)
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        if (name.trim()) onDone(name.trim())
      }}
    >
      <Stack>
        <TextInput
          label={t('guest.name')}
          description={t('guest.name.hint')}
          value={name}
          required
          maxLength={60}
          dir="auto"
          data-autofocus
          onFocus={(event) => event.currentTarget.select()}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <LanguageSelect label={t('field.language')} />
        <Group justify="flex-end">
          <Button type="submit" disabled={!name.trim()}>
            {t('save')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
