import { Alert } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { explain } from '../api/explain'

/** What went wrong, where it was asked for; nothing while nothing did. */
export function ErrorAlert({ error }: { error: unknown }) {
  const { t } = useTranslation()
  if (!error) return null
  return (
    <Alert color="red" role="alert">
      {explain(t, error)}
    </Alert>
  )
}
