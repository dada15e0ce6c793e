import { Alert, Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { NetworkError, Problem } from '../../api/client'

export interface NewAccount {
  name: string
  email: string
  password: string
  code?: string
}

interface Props {
  submitLabel: string
  askCode?: boolean
  email?: string | null
  onSubmit: (form: NewAccount) => Promise<void>
}

/** Name, email and password of a new account. */
export function NewAccountForm({ submitLabel, askCode, email, onSubmit }: Props) {
  const { t } = useTranslation()
  const [form, setForm] = useState<NewAccount>({ name: '', email: email ?? '', password: '' })
  const [error, setError] = useState<Problem | null>(null)
  const [offline, setOffline] = useState(false)
  const [busy, setBusy] = useState(false)
  const change = (part: Partial<NewAccount>) => setForm({ ...form, ...part })
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    setOffline(false)
    try {
      await onSubmit(form)
    } catch (problem) {
      if (problem instanceof NetworkError) setOffline(true)
      else setError(problem as Problem)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        {(error || offline) && (
          <Alert color="red" role="alert">
            {offline ? t('error.network') : error?.detail}
          </Alert>
        )}
        {askCode && (
          <TextInput
            label={t('field.code')}
            description={t('field.code.hint')}
            required
            value={form.code ?? ''}
            onChange={(event) => change({ code: event.currentTarget.value })}
          />
        )}
        <TextInput
          label={t('field.name')}
          autoComplete="name"
          required
          maxLength={100}
          value={form.name}
          error={error?.field('name')}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <TextInput
          label={t('field.email')}
          type="email"
          autoComplete="username"
          required
          value={form.email}
          error={error?.field('email')}
          onChange={(event) => change({ email: event.currentTarget.value })}
        />
        <PasswordInput
          label={t('field.password')}
          description={t('field.password.hint')}
          autoComplete="new-password"
          required
          minLength={10}
          value={form.password}
          error={error?.field('password')}
          onChange={(event) => change({ password: event.currentTarget.value })}
        />
        <Button type="submit" loading={busy}>
          {submitLabel}
        </Button>
      </Stack>
    </form>
  )
}
