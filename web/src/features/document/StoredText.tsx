import { Alert, Loader, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../api/client'
import { useSessionPart, type DocumentSession } from '../../sync'

const PATIENCE = 4000

/** The last stored text, read-only, while the live document cannot be opened; never a blank editor. */
export function StoredText(props: { session: DocumentSession; link: string | null }) {
  const { t } = useTranslation()
  const { documentId } = props.session
  const status = useSessionPart(props.session, 'status')
  const [waited, setWaited] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setWaited(true), PATIENCE)
    return () => clearTimeout(timer)
  }, [])
  const { data, error } = useQuery({
    queryKey: ['stored', documentId],
    queryFn: () => api.content(documentId, 'html', props.link),
    enabled: waited,
    refetchInterval: 10_000,
  })
  if (!waited || (!data && !error)) return <Loader m="xl" aria-label={t('loading')} />
  return (
    <Stack p="md" flex={1} gap="md">
      <Alert color="orange" title={t('stored.title')}>
        {status.kind === 'unsaved' ? status.reason : t(data ? 'stored.text' : 'stored.nothing')}
      </Alert>
      {data && (
        <iframe
          title={t('stored.frame')}
          sandbox=""
          srcDoc={data}
          style={{ flex: 1, border: 0, background: '#fff', width: '100%', maxWidth: 816, margin: '0 auto' }}
        />
      )}
    </Stack>
  )
}
