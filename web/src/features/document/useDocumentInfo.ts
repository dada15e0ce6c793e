import { notifications } from '@mantine/notifications'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, NetworkError, Problem, type DocumentInfo } from '../../api/client'
import { explain } from '../../api/explain'
import { useTitle } from '../../app/title'
import { useSessionPart, type DocumentSession } from '../../sync'
import { keptList } from '../documents/keptList'

export interface Conflict {
  mine: string
  theirs: DocumentInfo
}

/** Metadata of the open document: kept current by pushes, changed only from the version one has seen. */
export function useDocumentInfo(session: DocumentSession, link: string | null, person: string | null) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const meta = useSessionPart(session, 'meta')
  const [conflict, setConflict] = useState<Conflict | null>(null)
  const key = ['document', session.documentId]
  const { data: info } = useQuery({
    queryKey: key,
    networkMode: 'always',
    queryFn: async () => {
      try {
        return await api.document(session.documentId, link)
      } catch (error) {
        // Without a network the list that was seen last knows the title.
        const kept = error instanceof NetworkError && person ? await keptList(person) : null
        const known = kept?.find((item) => item.id === session.documentId)
        if (known) return known
        throw error
      }
    },
  })

  useEffect(() => {
    if (!meta) return
    queries.setQueryData<DocumentInfo>(['document', session.documentId], (known) =>
      known && known.version < meta.version ? { ...known, ...meta } : known,
    )
  }, [meta, queries, session.documentId])
  useTitle(info?.title)

  const apply = async (title: string, version: number) => {
    try {
      queries.setQueryData(key, await api.rename(session.documentId, title, version, link))
    } catch (error) {
      if (error instanceof Problem && error.status === 412) {
        const theirs = error.body.current as DocumentInfo
        queries.setQueryData(key, theirs)
        setConflict({ mine: title, theirs })
      } else {
        notifications.show({ color: 'red', message: explain(t, error) })
      }
    }
  }
  return {
    info,
    conflict,
    rename: (title: string) => void (info && apply(title, info.version)),
    settle: (choice: 'mine' | 'theirs' | null) => {
      if (choice === 'mine' && conflict) void apply(conflict.mine, conflict.theirs.version)
      setConflict(null)
    },
  }
}
