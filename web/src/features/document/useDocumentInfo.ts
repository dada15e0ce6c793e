import { notifications } from '@mantine/notifications'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, isAway, NetworkError, Problem, type DocumentInfo } from '../../api/client'
import { explain } from '../../api/explain'
import { useTitle } from '../../app/title'
import { GUEST, isUnheard, keptInfo, useSessionPart, type DocumentSession } from '../../sync'
import { changeMade } from '../../sync/outbox/madeOffline'
import { keepTitle, keptTitle, type PendingTitle } from './pendingTitle'

/** A title that was chosen here over one that is no longer the document's. */
export interface Conflict {
  mine: string
  theirs: DocumentInfo
}

/** What is true of a document: on the server, or on this device of one that the server has not heard of. */
export async function currentInfo(person: string, documentId: string, link: string | null): Promise<DocumentInfo> {
  const here = keptInfo(person, documentId)
  return here && isUnheard(here) ? here : api.document(documentId, link)
}

/** Not made in the component: kept for minutes after the document is closed, it would keep all that is known there. */
function infoQuery(person: string, documentId: string, link: string | null) {
  return {
    queryKey: ['document', documentId],
    networkMode: 'always' as const,
    // A server that is slow to answer leaves no document without its title.
    placeholderData: () => keptInfo(person, documentId) ?? undefined,
    queryFn: async () => {
      try {
        return await currentInfo(person, documentId, link)
      } catch (error) {
        const known = isAway(error) ? keptInfo(person, documentId) : null
        if (known) return known
        throw error
      }
    },
  }
}

/** Metadata of the open document: kept current by pushes, changed only from the version one has seen. */
export function useDocumentInfo(session: DocumentSession, link: string | null, person: string) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const meta = useSessionPart(session, 'meta')
  const { documentId, me } = session
  const [conflict, setConflict] = useState<Conflict | null>(null)
  const [pending, setPending] = useState<PendingTitle | null>(() => keptTitle(me.id, documentId))
  const key = ['document', documentId]
  const { data: info } = useQuery(infoQuery(person, documentId, link))
  const changePending = (wanted: PendingTitle | null) => {
    setPending(wanted)
    keepTitle(me.id, documentId, wanted)
  }

  useEffect(() => {
    if (!meta) return
    const queryKey = ['document', documentId]
    const known = queries.getQueryData<DocumentInfo>(queryKey)
    if (known && known.version < meta.version) queries.setQueryData(queryKey, { ...known, ...meta })
    // It was not known, or is another since an older backup was put back.
    else if (known?.version !== meta.version) void queries.invalidateQueries({ queryKey })
  }, [meta, queries, documentId])
  // What shut it is over, and not before: until then it is what the page tells.
  const problem = useSessionPart(session, 'problem')
  const stranded = useSessionPart(session, 'stranded')
  const shut = problem !== null || stranded !== null
  useEffect(() => {
    if (!shut) return
    return () => void queries.invalidateQueries({ queryKey: ['document', documentId] })
  }, [shut, queries, documentId])
  useEffect(() => {
    if (info) session.keepInfo(info)
  }, [session, info])

  // A member finds a document that was opened by its link among the own ones.
  const role = info?.role
  useEffect(() => {
    if (link && role && role !== 'owner' && person !== GUEST) api.visit(documentId, link).catch(() => undefined)
  }, [documentId, link, role, person])
  const title = pending?.title ?? info?.title
  useTitle(title)

  const apply = async (title: string, version: number) => {
    // Before the server hears of the document it has no other title.
    if (info && changeMade(info, { title })) {
      queries.setQueryData(key, keptInfo(person, documentId))
      return
    }
    try {
      queries.setQueryData(key, await api.rename(documentId, title, version, link))
      changePending(null)
    } catch (error) {
      if (error instanceof Problem && error.status === 412) {
        const theirs = error.body.current as DocumentInfo
        queries.setQueryData(key, theirs)
        setConflict({ mine: title, theirs })
      } else if (error instanceof NetworkError || (error as Problem).status >= 500) {
        changePending({ title, version })
        notifications.show({ message: t('rename.later') })
      } else {
        changePending(null)
        notifications.show({ color: 'red', message: explain(t, error) })
      }
    }
  }

  // The server is back: what was renamed meanwhile is offered, and what others did is asked for.
  const back = useEffectEvent(async () => {
    // The token for changes may be missing after a start without a network.
    await queries.refetchQueries({ queryKey: ['session'] })
    if (pending && !conflict) await apply(pending.title, pending.version)
    else await queries.invalidateQueries({ queryKey: ['document', documentId] })
  })
  const { state } = session
  useEffect(() => {
    // A title kept from an earlier visit is offered at the first contact.
    let away = keptTitle(me.id, documentId) !== null
    return state.subscribe(() => {
      const { kind } = state.get().status
      if (kind === 'offline') away = true
      else if (kind !== 'connecting' && away) {
        away = false
        void back()
      }
    })
  }, [state, me.id, documentId])

  return {
    info: info && { ...info, title: title ?? info.title },
    conflict,
    rename: (title: string) => void (info && apply(title, pending?.version ?? info.version)),
    settle: (choice: 'mine' | 'theirs') => {
      if (choice === 'mine' && conflict) void apply(conflict.mine, conflict.theirs.version)
      else changePending(null)
      setConflict(null)
    },
  }
}
