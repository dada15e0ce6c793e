import { notifications } from '@mantine/notifications'
import { useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { api, type DocumentInfo } from '../../api/client'
import { explain } from '../../api/explain'
import type { PageActions } from '../../editor/panels/panel'
import { download } from './download'

const EXTENSIONS = { markdown: 'md', html: 'html', text: 'txt', json: 'json' } as const

/** What can be done with the open document besides writing. */
export function usePageActions(
  documentId: string,
  info: DocumentInfo | undefined,
  link: string | null,
  count: () => void,
): PageActions {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const title = info?.title
  const owner = info?.role === 'owner'
  return useMemo(() => {
    const attempt = (action: () => Promise<void>) => () =>
      void action().catch((error: unknown) => notifications.show({ color: 'red', message: explain(t, error) }))
    return {
      create: attempt(async () => {
        const made = await api.createDocument()
        await navigate({ to: '/d/$documentId', params: { documentId: made.id }, state: { fresh: true } })
      }),
      download: (format) =>
        attempt(async () => {
          download(`${title ?? 'document'}.${EXTENSIONS[format]}`, await api.content(documentId, format, link))
        })(),
      count,
      say: (message) => notifications.show({ message }),
      trash: owner
        ? attempt(async () => {
            await api.trash(documentId)
            await navigate({ to: '/' })
            notifications.show({ message: t('trash.moved', { title }) })
          })
        : null,
    }
  }, [documentId, title, owner, link, count, navigate, t])
}
