/** Signing out takes everything along that this browser keeps of the person: not before they know what that is. */
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import type { TFunction } from 'i18next'
import type { Session } from '../../api/client'
import { explain } from '../../api/explain'
import { remember } from '../../app/auth'
import { closeDocuments, noteOpen, unsavedHere } from '../../sync/openDocuments'
import { clearLocalStores, unsentDocuments } from '../../sync/storage/copies'

/** Leaves; where words would go with it that no server has, only when the person says so. */
export async function unlessUnsent(t: TFunction, leave: () => Promise<void>): Promise<void> {
  await noteOpen()
  // What this browser cannot keep is unsent only here; what it keeps is found in the local copies.
  const unsent = Math.max((await unsentDocuments()).length, unsavedHere())
  const go = () =>
    void leave().catch((error: unknown) => notifications.show({ color: 'red', message: explain(t, error) }))
  if (unsent === 0) return go()
  modals.openConfirmModal({
    title: t('signout.unsent.title'),
    children: t('signout.unsent.text', { count: unsent }),
    labels: { confirm: t('signout.unsent.confirm'), cancel: t('cancel') },
    confirmProps: { color: 'red' },
    onConfirm: go,
  })
}

/** Forgets the person in this browser; the page is loaded anew, with nothing of theirs. */
export async function forgetHere(session: Session): Promise<void> {
  await closeDocuments()
  await clearLocalStores()
  remember({ ...session, account: null, csrf_token: '' })
  location.assign('/sign-in')
}
