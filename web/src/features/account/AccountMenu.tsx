import { Menu } from '@mantine/core'
import { modals } from '@mantine/modals'
import { IconDevices, IconLogout, IconTrash, IconUserPlus } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Session } from '../../api/client'
import { endSession } from '../../app/auth'
import { useMenuButton } from '../../app/useMenuButton'
import { AvatarMenu } from './AvatarMenu'

export function AccountMenu({ session }: { session: Session }) {
  const { t } = useTranslation()
  const { button, from } = useMenuButton()
  const navigate = useNavigate()
  const account = session.account
  if (!account) return null

  const leave = async () => (await import('./signOut')).signOut(t, session, () => endSession(account.id))
  const invite = async () => {
    const { InviteDialog } = await import('./InviteDialog')
    modals.open({ title: t('invite.people'), children: <InviteDialog /> })
  }
  return (
    <AvatarMenu
      person={account}
      label={t('account.menu', { name: account.name })}
      button={button}
      heading={account.email}
      leave={
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={from(() => void leave())}>
          {t('signout')}
        </Menu.Item>
      }
    >
      <Menu.Item leftSection={<IconDevices size={16} />} onClick={() => void navigate({ to: '/account' })}>
        {t('account.title')}
      </Menu.Item>
      {session.workspace && ['owner', 'admin'].includes(session.workspace.role) && (
        <Menu.Item leftSection={<IconUserPlus size={16} />} onClick={from(() => void invite())}>
          {t('invite.people')}
        </Menu.Item>
      )}
      <Menu.Item leftSection={<IconTrash size={16} />} onClick={() => void navigate({ to: '/trash' })}>
        {t('trash.title')}
      </Menu.Item>
    </AvatarMenu>
  )
}
