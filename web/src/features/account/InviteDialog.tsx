import { Button, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../api/client'
import { explainField } from '../../api/explain'
import { CopyField } from '../../app/CopyField'
import { ErrorAlert } from '../../app/ErrorAlert'
import { useCheckedForm } from '../../app/useCheckedForm'

/** Makes an invitation link to send to a colleague. */
export function InviteDialog() {
  const { t } = useTranslation()
  const [email, setEmail] = useState('')
  const [url, setUrl] = useState('')
  const [error, setError] = useState<unknown>(null)
  const make = async () => {
    setError(null)
    try {
      setUrl((await api.invite(email ? { email } : {})).url)
    } catch (problem) {
      setError(problem)
    }
  }
  const refused = explainField(t, error, 'email')
  const { form, wrong } = useCheckedForm(() => void make())
  return (
    <form {...form}>
      <Stack>
        <Text size="sm">{t('invite.dialog.lead')}</Text>
        <ErrorAlert error={refused ? null : error} />
        <TextInput
          label={t('invite.dialog.email')}
          type="email"
          name="email"
          dir="ltr"
          value={email}
          readOnly={url !== ''}
          data-autofocus
          error={wrong.email ?? refused}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        {url ? (
          <CopyField value={url} label={t('invite.dialog.url')} copyLabel={t('copy')} />
        ) : (
          <Button type="submit">{t('invite.dialog.make')}</Button>
        )}
      </Stack>
    </form>
  )
}
