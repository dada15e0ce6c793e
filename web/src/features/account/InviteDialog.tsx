import { Alert, Button, CopyButton, Group, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, type Problem } from '../../api/client'

/** Makes an invitation link to send to a colleague. */
export function InviteDialog() {
  const { t } = useTranslation()
  const [email, setEmail] = useState('')
  const [url, setUrl] = useState('')
  const [error, setError] = useState('')
  const make = async () => {
    setError('')
    try {
      setUrl((await api.invite(email ? { email } : {})).url)
    } catch (problem) {
      setError((problem as Problem).detail ?? t('error.network'))
    }
  }
  return (
    <Stack>
      <Text size="sm">{t('invite.dialog.lead')}</Text>
      {error && <Alert color="red">{error}</Alert>}
      <TextInput
        label={t('invite.dialog.email')}
        type="email"
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      {url ? (
        <Group wrap="nowrap">
          <TextInput readOnly value={url} aria-label={t('invite.dialog.url')} flex={1} />
          <CopyButton value={url}>
            {({ copied, copy }) => <Button onClick={copy}>{t(copied ? 'copied' : 'copy')}</Button>}
          </CopyButton>
        </Group>
      ) : (
        <Button onClick={() => void make()}>{t('invite.dialog.make')}</Button>
      )}
    </Stack>
  )
}
