import { Navigate, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useSession, useSetSession } from '../../app/auth'
import { Card } from './Card'
import { SignInForm } from './SignInForm'

export function SignInPage() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const setSession = useSetSession()
  const { data } = useSession()
  if (data?.setup_needed) return <Navigate to="/set-up" />
  if (data?.account) return <Navigate to="/" />
  return (
    <Card title={t('signin.title')} lead={t('signin.lead')}>
      <SignInForm
        onSignedIn={(session) => {
          setSession(session)
          void navigate({ to: '/' })
        }}
      />
    </Card>
  )
}
