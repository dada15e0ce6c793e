/** Who is signed in. Kept in this browser without any secret, so that documents open without a network. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { api, NetworkError, setCsrfToken, type Session } from '../api/client'
import { setLanguage } from '../i18n'

const KEY = 'quire:last-session'

function remembered(): Session | null {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? 'null') as Session | null
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

export async function loadSession(): Promise<Session> {
  try {
    const session = await api.session()
    remember(session)
    return session
  } catch (error) {
    const known = remembered()
    if (error instanceof NetworkError && known) return known
    throw error
  }
}

export function useSession() {
  return useQuery({ queryKey: ['session'], queryFn: loadSession, staleTime: 60_000, networkMode: 'always' })
}

export function useSetSession(): (session: Session) => void {
  const client = useQueryClient()
  return (session) => {
    remember(session)
    client.setQueryData(['session'], session)
  }
}
