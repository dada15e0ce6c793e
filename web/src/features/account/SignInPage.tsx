import { Navigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { useSession, useSetSession } from '../../app/auth'
import { EntryPage } from './EntryPage'
import { SignInForm } from './SignInForm'
import { onward } from './signInAddress'

export function SignInPage() {
  const { t } = useTranslation()
  const setSession = useSetSession()
  const { data } = useSession()
  if (data?.setup_needed) return <Navigate to="/set-up" />
  if (data?.account) return onward() === '/' ? <Navigate to="/" /> : <Onward />
  return (
    <EntryPage title={t('signin.title')} lead={t('signin.lead')}>
      <SignInForm onSignedIn={setSession} />
    </EntryPage>
  )
}

/** Leaves by loading the page: the fragment of a document's address is read when it opens. */
function Onward() {
  useEffect(() => location.replace(onward()), [])
  return null
}
