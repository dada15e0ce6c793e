/** Signing out takes everything along that this browser keeps of the person, except words that no server has. */
import { Button, Group, Stack, Text } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import type { TFunction } from 'i18next'
import type { Session } from '../../api/client'
import { explain } from '../../api/explain'
import { remember } from '../../app/auth'
import { closeDocuments, noteOpen, unkept } from '../../sync/openDocuments'
import { countUnsent, forgetAll } from '../../sync/storage/forget'

/**
 * Signs out by `end`, and forgets the person in this browser; where words wait for the server, only after saying what
 * becomes of them. The page is loaded anew, with nothing of theirs.
 */
export async function signOut(t: TFunction, session: Session, end: () => Promise<unknown>): Promise<void> {
  const person = session.account?.id ?? ''
  await noteOpen()
  const [unsent, lost] = [await countUnsent(person), unkept()]
  const leave = (discarded: string | null) => {
    modals.closeAll()
    void (async () => {
      await end()
      await closeDocuments()
      await forgetAll(discarded)
      remember({ ...session, account: null, csrf_token: '' })
      location.replace('/sign-in')
    })().catch((error: unknown) => notifications.show({ color: 'red', message: explain(t, error) }))
  }
  if (unsent === 0 && lost === 0) return leave(null)
  modals.open({
    title: t('signout.unsent.title'),
    children: (
      <Stack>
        <Text size="sm">{t('signout.unsent.text', { count: Math.max(unsent, lost) })}</Text>
        <Text size="sm">{t(lost > 0 ? 'signout.unsent.lost' : 'signout.unsent.stay')}</Text>
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={() => modals.closeAll()}>
            {t('cancel')}
          </Button>
          <Button variant="light" color="red" onClick={() => leave(person)}>
            {t('signout.unsent.discard')}
          </Button>
          {lost === 0 && <Button onClick={() => leave(null)}>{t('signout.unsent.keep')}</Button>}
        </Group>
      </Stack>
    ),
  })
}
