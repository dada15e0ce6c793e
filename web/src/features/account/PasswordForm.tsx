import { Button, PasswordInput, Stack } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, Problem } from '../../api/client'
import { explain, explainField } from '../../api/explain'
import { ErrorAlert } from '../../app/ErrorAlert'
import { useCheckedForm } from '../../app/useCheckedForm'
import { NewPasswordInput } from './NewPasswordInput'

/** Another password, over the one that is known. */
export function PasswordForm() {
  const { t } = useTranslation()
  const [passwords, setPasswords] = useState({ current: '', new: '' })
  const change = useMutation({
    mutationFn: api.changePassword,
    onSuccess: () => {
      setPasswords({ current: '', new: '' })
      notifications.show({ message: t('password.changed') })
    },
  })
  const wrongCurrent = change.error instanceof Problem && change.error.body.code === 'wrong-current-password'
  const wrongNew = explainField(t, change.error, 'new')
  const { form, wrong } = useCheckedForm(() => change.mutate(passwords))
  return (
    <form {...form}>
      <Stack maw={420}>
        <ErrorAlert error={wrongNew || wrongCurrent ? null : change.error} />
        <PasswordInput
          label={t('password.current')}
          name="current"
          autoComplete="current-password"
          required
          value={passwords.current}
          error={wrong.current ?? (wrongCurrent && explain(t, change.error))}
          onChange={(event) => setPasswords({ ...passwords, current: event.currentTarget.value })}
        />
        <NewPasswordInput
          label={t('password.new')}
          name="new"
          value={passwords.new}
          error={wrong.new ?? wrongNew}
          onChange={(event) => setPasswords({ ...passwords, new: event.currentTarget.value })}
        />
        <Button type="submit" w="fit-content" loading={change.isPending}>
          {t('password.change')}
        </Button>
      </Stack>
    </form>
  )
}
