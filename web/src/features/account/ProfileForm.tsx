import { Button, Stack, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, MAX_NAME, type Account } from '../../api/client'
import { explainField } from '../../api/explain'
import { ErrorAlert } from '../../app/ErrorAlert'
import { useCheckedForm } from '../../app/useCheckedForm'
import { LanguageSelect } from '../../i18n/LanguageSelect'

/** The name and the language of an account. */
export function ProfileForm({ account }: { account: Account }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const [name, setName] = useState(account.name)
  const save = useMutation({
    mutationFn: api.updateAccount,
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['session'] })
      notifications.show({ message: t('account.saved') })
    },
  })
  const wrongName = explainField(t, save.error, 'name')
  const { form, wrong } = useCheckedForm(() => save.mutate({ name }))
  return (
    <form {...form}>
      <Stack maw={420}>
        <ErrorAlert error={wrongName ? null : save.error} />
        <TextInput
          label={t('field.name')}
          name="name"
          description={t('field.name.hint')}
          autoComplete="name"
          value={name}
          required
          maxLength={MAX_NAME}
          error={wrong.name ?? wrongName}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label={t('field.email')}
          description={t('account.email.hint')}
          dir="ltr"
          value={account.email}
          readOnly
        />
        <LanguageSelect label={t('field.language')} onChosen={(language) => save.mutate({ language })} />
        <Button type="submit" w="fit-content" loading={save.isPending}>
          {t('save')}
        </Button>
      </Stack>
    </form>
  )
}
