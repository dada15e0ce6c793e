import { Button, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { DocumentInfo } from '../../api/client'
import { explain } from '../../api/explain'
import { useTitle } from '../../app/title'
import { signInAddress } from '../account/signInAddress'
import { restoreDocument } from './changeDocument'

interface Props {
  /** What the server told of the document; nothing when one may not know of it. */
  info: DocumentInfo | undefined
  signedIn: boolean
}

/** Instead of a document that does not open for this person: why, and what to do. */
export function ClosedDoor({ info, signedIn }: Props) {
  const { t } = useTranslation()
  const [failure, setFailure] = useState<unknown>(null)
  const trashed = Boolean(info?.trashed_at)
  const title = trashed ? t('denied.trash', { title: info?.title }) : t('denied.title')
  useTitle(title)
  const restore = (gone: DocumentInfo) => restoreDocument(gone).then(() => location.reload(), setFailure)
  return (
    <Stack align="center" p="xl" pt={72} gap="sm">
      <Title order={1} size="h3" ta="center">
        {title}
      </Title>
      {!trashed && (
        <Text c="dimmed" ta="center">
          {t(signedIn ? 'denied.account' : 'denied.guest')}
        </Text>
      )}
      {failure !== null && (
        <Text c="red" role="alert">
          {explain(t, failure)}
        </Text>
      )}
      {trashed && info?.role === 'owner' ? (
        <Button onClick={() => void restore(info)}>{t('trash.restore')}</Button>
      ) : (
        <Button component="a" href={signedIn ? '/' : signInAddress()}>
          {t(signedIn ? 'lost.page.home' : 'signin.submit')}
        </Button>
      )}
    </Stack>
  )
}
