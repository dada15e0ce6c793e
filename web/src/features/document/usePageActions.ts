import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useMemo, type RefObject } from 'react'
import { useTranslation } from 'react-i18next'
import { api, type Account, type DocumentInfo, type Format } from '../../api/client'
import { explain } from '../../api/explain'
import type { PageActions } from '../../editor/panels/panel'
import type { DocumentSession } from '../../sync'
import { useTheme } from '../../app/useTheme'
import { restoreDocument, trashDocument } from './changeDocument'
import { createDocument } from './createDocument'
import { cutTitle } from './cutTitle'
import { download } from './download'
import { share } from './share'
import { showTrashed } from './trashNotice'

/** How long a copy waits for the last changes to be saved. */
const SAVE_TIMEOUT_MS = 5000
const EXTENSIONS: Record<Format, string> = { markdown: 'md', html: 'html', text: 'txt', json: 'json' }

/** Whether the server has every change, now or in a moment. */
function settled({ state }: DocumentSession): Promise<boolean> {
  const saved = () => state.get().status.kind === 'saved'
  return new Promise((done) => {
    if (saved()) return done(true)
    const end = () => {
      clearTimeout(timer)
      stop()
      done(saved())
    }
    const stop = state.subscribe(() => saved() && end())
    const timer = setTimeout(end, SAVE_TIMEOUT_MS)
  })
}

/** What can be done with the open document besides writing. */
export function usePageActions(
  session: DocumentSession,
  info: DocumentInfo | undefined,
  link: string | null,
  maker: Account | null,
  field: RefObject<HTMLInputElement | null>,
  readOnly: boolean,
  outline: PageActions['outline'],
): PageActions {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const { documentId } = session
  const { dark, toggle } = useTheme()
  const title = info?.title
  const owner = info?.role === 'owner'
  const renamable = info !== undefined && !readOnly
  return useMemo(() => {
    const attempt = (action: () => Promise<void>) => () =>
      void action().catch((error: unknown) => notifications.show({ color: 'red', message: explain(t, error) }))
    return {
      create: maker
        ? attempt(async () => {
            const made = await createDocument(maker, t('documents.untitled'))
            await navigate({ to: '/d/$documentId', params: { documentId: made }, state: { fresh: true } })
          })
        : null,
      copy: maker
        ? attempt(async () => {
            if (!(await settled(session))) return void notifications.show({ message: t('documents.copy.unsaved') })
            const name = cutTitle(t('documents.copy.title', { title }))
            const copy = await api.copyDocument(documentId, name, link)
            await navigate({ to: '/d/$documentId', params: { documentId: copy.id } })
            notifications.show({ message: t('documents.copied', { title: copy.title }) })
          })
        : null,
      download: (format) =>
        attempt(async () => {
          download(`${title ?? 'document'}.${EXTENSIONS[format]}`, await api.content(documentId, format, link))
        })(),
      // From a menu, which gives the focus back first.
      rename: renamable ? () => void setTimeout(() => field.current?.select()) : null,
      share: owner ? attempt(() => share(t, documentId, title ?? '')) : null,
      outline,
      theme: { dark, toggle },
      say: (message) => notifications.show({ message }),
      trash:
        owner && maker
          ? attempt(async () => {
              const trashed = { id: documentId, owner: maker }
              await trashDocument(trashed)
              await navigate({ to: '/' })
              const undo = attempt(async () => {
                await restoreDocument(trashed)
                await queries.invalidateQueries({ queryKey: ['documents'] })
              })
              showTrashed(t, title ?? '', undo)
            })
          : null,
    }
  }, [session, documentId, title, owner, renamable, field, link, maker, outline, dark, toggle, navigate, queries, t])
}
