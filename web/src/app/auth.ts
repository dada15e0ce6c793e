/** Who is signed in. Kept in this browser without any secret, so that documents open without a network. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, NetworkError, Problem, setCsrfToken, type Session } from '../api/client'
import { setLanguage } from '../i18n'

const KEY = 'quire:last-session'
const ASK_AGAIN = 5000

function remembered(): Session | null {
  try {
    const known = JSON.parse(localStorage.getItem(KEY) ?? 'null') as Session | null
    return known && { ...known, remembered: true }
  } catch {
    return null
  }
}

export function remember(session: Session): void {
  setCsrfToken(session.csrf_token)
  if (session.account?.language) void setLanguage(session.account.language)
  try {
    if (session.account) localStorage.setItem(KEY, JSON.stringify({ ...session, csrf_token: '' }))
    else localStorage.removeItem(KEY)
  } catch {
    // Opening without a network needs storage; everything else works.
  }
}

async function loadSession(): Promise<Session> {
  try {
    const session = await api.session()
    remember(session)
    return session
  } catch (error) {
    const known = remembered()
    const away = error instanceof NetworkError || (error instanceof Problem && error.status >= 500)
    if (away && known) return known
    throw error
  }
}

export function useSession() {
  return useQuery({
    queryKey: ['session'],
    queryFn: loadSession,
    staleTime: 60_000,
    networkMode: 'always',
    refetchOnReconnect: 'always',
    // What the browser remembers has no token for changes.
    refetchInterval: (query) => (query.state.data?.remembered ? ASK_AGAIN : false),
  })
}

/** The session of whoever opened the page: it is not lost when it ends, so that the text stays and one signs in over it. */
export function useKeptSession(): { session: Session | undefined; error: unknown; ask: () => void } {
  const { data, error, refetch } = useSession()
  const [kept, keep] = useState(data)
  if (data && data !== kept && (data.account || !kept?.account)) keep(data)
  return { session: kept, error: kept ? null : error, ask: () => void refetch() }
}

export function useSetSession(): (session: Session) => void {
  const client = useQueryClient()
  return (session) => {
    remember(session)
    client.setQueryData(['session'], session)
  }
}
