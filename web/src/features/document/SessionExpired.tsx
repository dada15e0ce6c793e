import { Modal, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Session } from '../../api/client'
import { useSetSession } from '../../app/auth'
import { useSessionPart, type DocumentSession } from '../../sync'
import { SignInForm } from '../account/SignInForm'

/** Asks a member whose session ended to sign in again, over the document that stays open. */
export function SessionExpired({ session, who }: { session: DocumentSession; who: Session }) {
  const { t } = useTranslation()
  const problem = useSessionPart(session, 'problem')
  const setSession = useSetSession()
  const signedIn = async (fresh: Session) => {
    // Somebody else gets a session of their own: nothing of this one is sent in their name.
    if (fresh.account?.id !== who.account?.id) await session.close()
    setSession(fresh)
    session.reauthenticate()
  }
  return (
    <Modal
      opened={problem?.kind === 'session-expired' && who.account !== null}
      onClose={() => undefined}
      withCloseButton={false}
      // Who ended the session from another device leaves the text to nobody who sits down here.
      overlayProps={{ backgroundOpacity: 1, color: 'var(--canvas)' }}
      title={t('expired.title')}
    >
      <Text size="sm" mb="md">
        {t('expired.text')}
      </Text>
      <SignInForm onSignedIn={(fresh) => void signedIn(fresh)} />
    </Modal>
  )
}
