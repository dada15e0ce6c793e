import { Menu } from '@mantine/core'
import { modals } from '@mantine/modals'
import { IconDevices, IconLogout, IconTrash, IconUserPlus } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, type Session } from '../../api/client'
import { remember } from '../../app/auth'
import { useMenuButton } from '../../app/useMenuButton'
import { clearLocalStores, unsentDocuments } from '../../sync/copies'
import { closeDocuments, noteOpen, unsavedHere } from '../../sync/open'
import { AvatarMenu } from './AvatarMenu'
import { InviteDialog } from './InviteDialog'

export function AccountMenu({ session }: { session: Session }) {
  const { t } = useTranslation()
  const { button, from } = useMenuButton()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const account = session.account
  if (!account) return null

  const leave = async () => {
    await api.signOut().catch(() => undefined)
    await closeDocuments()
    await clearLocalStores()
    remember({ ...session, account: null, csrf_token: '' })
    queries.clear()
    location.assign('/sign-in')
  }
  const signOut = async () => {
    await noteOpen()
    // What this browser cannot keep is unsent only here; what it keeps is found in the local copies.
    const unsent = Math.max((await unsentDocuments()).length, unsavedHere())
    if (unsent === 0) return leave()
    modals.openConfirmModal({
      title: t('signout.unsent.title'),
      children: t('signout.unsent.text', { count: unsent }),
      labels: { confirm: t('signout.unsent.confirm'), cancel: t('cancel') },
      confirmProps: { color: 'red' },
      onConfirm: () => void leave(),
    })
  }
  return (
    <AvatarMenu
      person={account}
      label={t('account.menu', { name: account.name })}
      button={button}
      heading={account.email}
      leave={
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={from(signOut)}>
          {t('signout')}
        </Menu.Item>
      }
    >
      <Menu.Item leftSection={<IconDevices size={16} />} onClick={() => void navigate({ to: '/account' })}>
        {t('account.title')}
      </Menu.Item>
      {session.workspace && ['owner', 'admin'].includes(session.workspace.role) && (
        <Menu.Item
          leftSection={<IconUserPlus size={16} />}
          onClick={from(() => modals.open({ title: t('invite.people'), children: <InviteDialog /> }))}
        >
          {t('invite.people')}
        </Menu.Item>
      )}
      <Menu.Item leftSection={<IconTrash size={16} />} onClick={() => void navigate({ to: '/trash' })}>
        {t('trash.title')}
      </Menu.Item>
    </AvatarMenu>
  )
}
