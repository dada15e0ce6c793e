/** Who is signed in. Kept in this browser without any secret, so that documents open without a network. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, NetworkError, Problem, setCsrfToken, type Session } from '../api/client'
import schema from '../editor/schema/schema.json'
import { setLanguage } from '../i18n'
import { hasLocalStores } from '../sync/storage/copies'
import { GUEST } from '../sync/storage/notes'
import { readItem, readJson, writeItem } from '../browser/storage'

const KEY = 'quire:last-session'
/** Who signed out here while the server did not hear of it: its cookie would let them in again. */
const LEAVING = 'quire:leaving'
const RETRY_MS = 5000

/** What a visitor without an account needs to open a document again without a network. */
const VISITOR: Session = {
  account: null,
  workspace: null,
  csrf_token: '',
  setup_needed: false,
  version: '',
  schema_version: schema.version,
  remembered: true,
}

/** Nothing is noted of visitors: they are known by the copies that they keep here, and forgotten with the last one. */
async function remembered(): Promise<Session | null> {
  const known = readJson<Session>(KEY)
  if (known) return { ...known, remembered: true }
  return (await hasLocalStores(GUEST)) ? VISITOR : null
}

/** Whose things this tab shows; not known before the first answer. */
let shown: string | null | undefined

/** Loads a tab anew that shows what is no longer that of who is signed in: another tab signed out, or one went back to it. */
export function watchPerson(): void {
  const look = () => {
    if (shown !== undefined && shown !== (readJson<Session>(KEY)?.account?.id ?? null)) location.reload()
  }
  window.addEventListener('storage', ({ key }) => {
    if (key === KEY) look()
  })
  window.addEventListener('pageshow', ({ persisted }) => {
    if (persisted) look()
  })
}

/** Keeps who is signed in, for a start without a network, and takes over their language. */
export function remember(session: Session): void {
  setCsrfToken(session.csrf_token)
  if (session.account?.language) void setLanguage(session.account.language)
  shown = session.account?.id ?? null
  writeItem(KEY, session.account && JSON.stringify({ ...session, csrf_token: '' }))
}

/** Signs out; what the server does not hear now it is told before anything else. */
export async function endSession(person: string): Promise<void> {
  writeItem(LEAVING, person)
  try {
    await api.signOut()
    writeItem(LEAVING, null)
  } catch (error) {
    if (readItem(LEAVING) === null) throw error
  }
}

/** Who is signed in by now, as the server says. */
async function askSession(hurry: boolean): Promise<Session> {
  const session = await api.session(hurry)
  const leaving = readItem(LEAVING)
  if (leaving === null) return session
  const left = session.account?.id !== leaving
  if (!left) {
    setCsrfToken(session.csrf_token)
    await api.signOut()
  }
  writeItem(LEAVING, null)
  return left ? session : api.session()
}

/** `hurry`: nothing is shown yet, and what the browser remembers would do. */
async function loadSession(hurry: boolean): Promise<Session> {
  try {
    const session = await askSession(hurry)
    remember(session)
    return session
  } catch (error) {
    const unanswered = error instanceof Problem && (error.status >= 500 || error.status === 429)
    const away = error instanceof NetworkError || unanswered
    const known = away ? await remembered() : null
    if (known) {
      shown = known.account?.id ?? null
      return known
    }
    throw error
  }
}

/** Who is signed in, as the server last said. */
export function useSession() {
  const query = useQuery({
    queryKey: ['session'],
    queryFn: ({ client, queryKey }) =>
      loadSession(client.getQueryData(queryKey) === undefined && readItem(KEY) !== null),
    staleTime: 60_000,
    networkMode: 'always',
    refetchOnReconnect: 'always',
    // What the browser remembers has no token for changes.
    refetchInterval: ({ state }) => (state.data && !state.data.remembered ? false : RETRY_MS),
  })
  const { data, refetch } = query
  // Asking again clears the query's error: what is shown stays until there is an answer.
  const [error, setError] = useState(query.error)
  if (!data && query.error && query.error !== error) setError(query.error)
  return { data, error: data ? null : error, refetch }
}

/** The session of whoever opened the page: it is not lost when it ends, so that the text stays and one signs in over it. */
export function useKeptSession(): { session: Session | undefined; error: unknown; ask: () => void } {
  const { data, error, refetch } = useSession()
  const [kept, keep] = useState(data)
  if (data && data !== kept && (data.account || !kept?.account)) keep(data)
  return { session: kept, error: kept ? null : error, ask: () => void refetch() }
}

/** Gives the function that takes over a session after signing in. */
export function useSetSession(): (session: Session) => void {
  const client = useQueryClient()
  return (session) => {
    writeItem(LEAVING, null)
    remember(session)
    // Somebody else may have been here before.
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' })
    client.setQueryData(['session'], session)
  }
}
