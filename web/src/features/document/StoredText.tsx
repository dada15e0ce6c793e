import { Alert, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useTheme } from '../../app/useTheme'
import { Loading } from '../../app/Loading'
import { styleNonce } from '../../browser/nonce'
import { api } from '../../api/client'
import { useSessionPart, type DocumentSession } from '../../sync'
import classes from './DocumentPage.module.css'

/** The live document has this long to open before the stored text is asked for. */
const LIVE_TIMEOUT_MS = 4000

/** The last stored text, read-only, while the live document cannot be opened; never a blank editor. */
export function StoredText(props: { session: DocumentSession; link: string | null }) {
  const { t } = useTranslation()
  const { dark } = useTheme()
  const { documentId } = props.session
  const status = useSessionPart(props.session, 'status')
  const [waited, setWaited] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setWaited(true), LIVE_TIMEOUT_MS)
    return () => clearTimeout(timer)
  }, [])
  const { data, error } = useQuery({ ...storedQuery(documentId, props.link), enabled: waited })
  if (!waited || (!data && !error)) return <Loading />
  return (
    <Stack p="md" flex={1} gap="md">
      <Alert color="orange" role="status" title={t('stored.title')}>
        {status.kind === 'unsaved' && <Text size="sm">{t('status.unsaved', { reason: status.reason })}</Text>}
        {data ? t('stored.text') : status.kind !== 'unsaved' && t('stored.nothing')}
      </Alert>
      {data && <iframe title={t('stored.frame')} sandbox="" srcDoc={dressed(data, dark)} className={classes.stored} />}
    </Stack>
  )
}

/** Not made in the component: kept for minutes after the document is closed, it would keep the session, too. */
function storedQuery(documentId: string, link: string | null) {
  return {
    queryKey: ['stored', documentId],
    queryFn: () => api.content(documentId, 'html', link),
    refetchInterval: 10_000,
  }
}

/** The page as it was stored, in the app's type and colours; the policy of this page covers the frame's style. */
function dressed(page: string, dark: boolean): string {
  const [paper, ink] = dark ? ['#1f2226', '#c9c9c9'] : ['#ffffff', '#1c1e21']
  const style = `body{margin:0 auto;max-width:640px;padding:32px 24px;font:11.5pt/1.5 Inter,system-ui,sans-serif;
    background:${paper};color:${ink};overflow-wrap:anywhere}img{max-width:100%}table{border-collapse:collapse}
    td,th{border:1px solid #8a9099;padding:6px 8px;text-align:start}`
  return page.replace('</head>', `<style nonce="${styleNonce()}">${style}</style></head>`)
}
