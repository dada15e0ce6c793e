import { useEffect, useState, useSyncExternalStore } from 'react'
import type { Me } from '../../presence/own'
import { DocumentSession, type Watch } from './session'
import type { SessionState } from './state'

/** Opens a document for as long as the component lives. */
export function useDocumentSession(
  documentId: string,
  me: Me,
  person: string,
  link: string | null,
  watch: Watch,
  deadAfter: number | undefined,
): DocumentSession | null {
  const [session, setSession] = useState<DocumentSession | null>(null)
  const { id, name, color } = me
  useEffect(() => {
    const opened = new DocumentSession(documentId, { id, name, color }, person, link, watch, deadAfter)
    // eslint-disable-next-line react-hooks/set-state-in-effect -- the session is an external resource
    setSession(opened)
    return () => {
      setSession(null)
      void opened.close()
    }
  }, [documentId, id, name, color, person, link, watch, deadAfter])
  return session
}

/** One part of the state: the status changes with every key, and what does not show it need not be drawn again. */
export function useSessionPart<K extends keyof SessionState>(session: DocumentSession, part: K): SessionState[K] {
  return useSyncExternalStore(session.state.subscribe, () => session.state.get()[part])
}

/** All that is true of an open document; what needs one part only follows `useSessionPart`. */
export function useSessionState(session: DocumentSession): SessionState {
  return useSyncExternalStore(session.state.subscribe, session.state.get)
}
