import { Menu } from '@mantine/core'
import { modals } from '@mantine/modals'
import { IconLogin, IconPencil } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useMenuButton } from '../../app/useMenuButton'
import type { Me } from '../../presence/own'
import { AvatarMenu } from './AvatarMenu'
import { signInAddress } from './signInAddress'

interface Props {
  me: Me
  onRename: (name: string) => void
}

/** What a visitor without an account can say about themselves: a name and a language. */
export function GuestMenu({ me, onRename }: Props) {
  const { t } = useTranslation()
  const { button, from } = useMenuButton()
  const introduce = async () => {
    const { NameForm } = await import('./NameForm')
    const onDone = (name: string) => {
      onRename(name)
      modals.closeAll()
    }
    modals.open({ title: <Title />, children: <NameForm me={me} onDone={onDone} /> })
  }
  return (
    <AvatarMenu
      person={me}
      label={t('guest.menu', { name: me.name })}
      button={button}
      heading={me.name}
      leave={
        <Menu.Item leftSection={<IconLogin size={16} />} component="a" href={signInAddress()}>
          {t('signin.title')}
        </Menu.Item>
      }
    >
      <Menu.Item leftSection={<IconPencil size={16} />} onClick={from(() => void introduce())}>
        {t('guest.change')}
      </Menu.Item>
    </AvatarMenu>
  )
}

/** Goes along when the language is chosen under it. */
function Title() {
  const { t } = useTranslation()
  return t('guest.change')
}
