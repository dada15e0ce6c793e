import { modals } from '@mantine/modals'
import type { TFunction } from 'i18next'

/** Opens the dialog that shares a document; what is in it is loaded with it. */
export async function share(t: TFunction, documentId: string, title: string, onClose = () => {}): Promise<void> {
  const { ShareForm } = await import('./ShareForm')
  modals.open({ title: t('share.title', { title }), children: <ShareForm documentId={documentId} />, onClose })
}
