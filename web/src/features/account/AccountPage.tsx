import { Card, Container, Stack, Title } from '@mantine/core'
import { Navigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useSession } from '../../app/auth'
import { Loading } from '../../app/Loading'
import { FailedPage } from '../../app/Notice'
import { useTitle } from '../../app/title'
import { Devices } from './Devices'
import { Header } from './Header'
import { PasswordForm } from './PasswordForm'
import { ProfileForm } from './ProfileForm'
import { Tokens } from './Tokens'

export function AccountPage() {
  const { t } = useTranslation()
  const { data: session, error, refetch } = useSession()
  useTitle(t('account.title'))
  if (error) return <FailedPage error={error} retry={refetch} />
  if (!session) return <Loading />
  if (!session.account) return <Navigate to="/sign-in" />
  return (
    <>
      <Header session={session} />
      <Container size="sm" py="xl" component="main" id="main">
        <Stack gap="lg">
          <Title order={1} size="h2">
            {t('account.title')}
          </Title>
          <Section title={t('account.profile')}>
            <ProfileForm account={session.account} />
          </Section>
          <Section title={t('password.title')}>
            <PasswordForm />
          </Section>
          <Section title={t('devices.title')}>
            <Devices session={session} />
          </Section>
          <Section title={t('tokens.title')}>
            <Tokens />
          </Section>
        </Stack>
      </Container>
    </>
  )
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card withBorder padding="lg" component="section" aria-label={title}>
      <Title order={2} size="h4" mb="md">
        {title}
      </Title>
      {children}
    </Card>
  )
}
