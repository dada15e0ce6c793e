import { Navigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { useSession, useSetSession } from '../../app/auth'
import { Card } from './Card'
import { SignInForm } from './SignInForm'

/** Where to go on after signing in: a page of this app, with the fragment that may hold a document's link. */
function onward(): string {
  const next = new URLSearchParams(location.search).get('next') ?? ''
  return /^\/d\/[\w-]+$/.test(next) ? next + location.hash : '/'
}

export function SignInPage() {
  const { t } = useTranslation()
  const setSession = useSetSession()
  const { data } = useSession()
  if (data?.setup_needed) return <Navigate to="/set-up" />
  if (data?.account) return onward() === '/' ? <Navigate to="/" /> : <Onward />
  return (
    <Card title={t('signin.title')} lead={t('signin.lead')}>
      <SignInForm onSignedIn={setSession} />
    </Card>
  )
}

/** Leaves by loading the page: the fragment of a document's address is read when it opens. */
function Onward() {
  useEffect(() => location.replace(onward()), [])
  return null
}
