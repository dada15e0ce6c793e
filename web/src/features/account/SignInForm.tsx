import { Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, type Session } from '../../api/client'
import { ErrorAlert } from '../../app/ErrorAlert'
import { useCheckedForm } from '../../app/useCheckedForm'

/** Email and password; used by the sign-in page and over an open document. */
export function SignInForm({ onSignedIn }: { onSignedIn: (session: Session) => void }) {
  const { t } = useTranslation()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const submit = async () => {
    setBusy(true)
    setError(null)
    try {
      onSignedIn(await api.signIn({ email, password }))
    } catch (problem) {
      setError(problem)
    } finally {
      setBusy(false)
    }
  }
  const { form, wrong } = useCheckedForm(() => void submit(), { focus: true })
  return (
    <form {...form}>
      <Stack>
        <ErrorAlert error={error} />
        <TextInput
          label={t('field.email')}
          name="email"
          error={wrong.email}
          type="email"
          dir="ltr"
          autoComplete="username"
          required
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label={t('field.password')}
          name="password"
          error={wrong.password}
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" loading={busy}>
          {t('signin.submit')}
        </Button>
      </Stack>
    </form>
  )
}
