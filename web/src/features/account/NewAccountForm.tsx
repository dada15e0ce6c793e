import { Button, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { MAX_NAME, Problem } from '../../api/client'
import { explain, explainField } from '../../api/explain'
import { ErrorAlert } from '../../app/ErrorAlert'
import { useCheckedForm } from '../../app/useCheckedForm'
import { NewPasswordInput } from './NewPasswordInput'

interface NewAccount {
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
  const [account, setAccount] = useState<NewAccount>({ name: '', email: email ?? '', password: '' })
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const change = (part: Partial<NewAccount>) => setAccount({ ...account, ...part })
  const submit = async () => {
    setBusy(true)
    setError(null)
    try {
      await onSubmit(account)
    } catch (problem) {
      setError(problem)
    } finally {
      setBusy(false)
    }
  }
  const codeWrong = error instanceof Problem && error.body.code === 'wrong-setup-code'
  const { form, wrong } = useCheckedForm(() => void submit(), { focus: true })
  return (
    <form {...form}>
      <Stack>
        <ErrorAlert error={codeWrong ? null : error} />
        {askCode && (
          <TextInput
            label={t('field.code')}
            name="code"
            description={t('field.code.hint')}
            required
            dir="ltr"
            autoComplete="off"
            value={account.code ?? ''}
            error={wrong.code ?? (codeWrong && explain(t, error))}
            onChange={(event) => change({ code: event.currentTarget.value })}
          />
        )}
        <TextInput
          label={t('field.name')}
          name="name"
          description={t('field.name.hint')}
          autoComplete="name"
          required
          maxLength={MAX_NAME}
          value={account.name}
          error={wrong.name ?? explainField(t, error, 'name')}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <TextInput
          label={t('field.email')}
          name="email"
          type="email"
          dir="ltr"
          autoComplete="username"
          required
          value={account.email}
          error={wrong.email ?? explainField(t, error, 'email')}
          onChange={(event) => change({ email: event.currentTarget.value })}
        />
        <NewPasswordInput
          label={t('field.password')}
          name="password"
          value={account.password}
          error={wrong.password ?? explainField(t, error, 'password')}
          onChange={(event) => change({ password: event.currentTarget.value })}
        />
        <Button type="submit" loading={busy}>
          {submitLabel}
        </Button>
      </Stack>
    </form>
  )
}
