import { Loader } from '@mantine/core'
import { useTranslation } from 'react-i18next'

export function Loading() {
  const { t } = useTranslation()
  return <Loader m="xl" role="status" aria-label={t('loading')} />
}
