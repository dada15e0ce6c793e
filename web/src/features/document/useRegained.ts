import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent } from 'react'
import { useSessionPart, type DocumentSession } from '../../sync'
import { isShutOut } from '../../sync/connection/refusals'
import { currentInfo } from './useDocumentInfo'

const POLL_MS = 3000
const RARE_POLL_MS = 15_000

/** Asks for a document that was taken away: it may come back out of the trash, or with a new role of its link. */
export function useRegained(
  session: DocumentSession,
  link: string | null,
  person: string,
  onRegained: () => void,
): void {
  const queries = useQueryClient()
  const problem = useSessionPart(session, 'problem')
  const lost = problem !== null && isShutOut(problem.kind)
  const { documentId } = session
  const regained = useEffectEvent(onRegained)
  useEffect(() => {
    if (!lost) return
    let timer: ReturnType<typeof setTimeout> | undefined
    let stopped = false
    const ask = async (first: boolean) => {
      const info = await currentInfo(person, documentId, link).catch(() => null)
      if (stopped) return
      // The first answer says why; were it taken for a return, two that disagree would go round without a pause.
      if (info && !info.trashed_at && !first) return regained()
      if (info) queries.setQueryData(['document', documentId], info)
      timer = setTimeout(() => void ask(false), info ? POLL_MS : RARE_POLL_MS)
    }
    void ask(true)
    return () => {
      stopped = true
      clearTimeout(timer)
    }
  }, [lost, documentId, link, person, queries])
}
