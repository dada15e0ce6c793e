import { Button, Group, Menu, Modal, Stack, TextInput } from '@mantine/core'
import { IconLogin, IconPencil } from '@tabler/icons-react'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { useMenuButton } from '../../app/useMenuButton'
import { LanguageSelect } from '../../i18n/LanguageSelect'
import type { Me } from '../../presence/own'
import { AvatarMenu } from './AvatarMenu'

interface Props {
  me: Me
  onRename: (name: string) => void
}

/** What a visitor without an account can say about themselves: a name and a language. */
export function GuestMenu({ me, onRename }: Props) {
  const { t } = useTranslation()
  const { button, from } = useMenuButton()
  const [naming, setNaming] = useState(false)
  const signIn = `/sign-in?next=${encodeURIComponent(location.pathname)}${location.hash}`
  return (
    <>
      <AvatarMenu
        person={me}
        label={t('guest.menu', { name: me.name })}
        button={button}
        heading={me.name}
        leave={
          <Menu.Item leftSection={<IconLogin size={16} />} component="a" href={signIn}>
            {t('signin.title')}
          </Menu.Item>
        }
      >
        <Menu.Item leftSection={<IconPencil size={16} />} onClick={from(() => setNaming(true))}>
          {t('guest.change')}
        </Menu.Item>
      </AvatarMenu>
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
