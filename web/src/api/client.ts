/** The HTTP API. Every call either returns its body or throws a `Problem` (RFC 9457) or a `NetworkError`. */

export type RoleName = 'viewer' | 'commenter' | 'suggester' | 'editor' | 'owner'

export interface Account {
  id: string
  name: string
  email: string
  language: string
  color: string
}

export interface Session {
  account: Account | null
  workspace: { id: string; name: string; role: string } | null
  csrf_token: string
  setup_needed: boolean
  version: string
  schema_version: number
  /** Seconds of silence on a socket after which it counts as dead; not known of a visitor without a network. */
  dead_after?: number
  /** The server was not asked: this is what the browser remembers. */
  remembered?: boolean
}

export interface DocumentInfo {
  id: string
  title: string
  version: number
  role: RoleName
  owner: { id: string; name: string }
  created_at: string
  updated_at: string
  trashed_at: string | null
  link_role: RoleName | null
  schema_version: number
  size_bytes: number
  /** With it one may ask, after access was lost, whether the server knows the document; absent before the server does. */
  proof?: string
}

interface PreviewLine {
  kind: 'title' | 'heading' | 'text' | 'item' | 'done' | 'code'
  text: string
}

interface Device {
  id: string
  device: string
  address: string
  created_at: string
  last_used_at: string
  current: boolean
}

interface ApiToken {
  id: string
  name: string
  scopes: string[]
  created_at: string
  last_used_at: string | null
  expires_at: string | null
  secret?: string | null
}

interface Attachment {
  digest: string
  url: string
  kind: string
  width: number | null
  height: number | null
}

/** The least characters of a password and the most of a title and a name, as the server's forms have them. */
export const MIN_PASSWORD = 10
export const MAX_TITLE = 300
export const MAX_NAME = 100

/** The forms in which the text of a document can be had, in the order of the menus. */
const MEDIA = { markdown: 'text/markdown', html: 'text/html', text: 'text/plain', json: 'application/json' }
export type Format = keyof typeof MEDIA
export const FORMATS = Object.keys(MEDIA) as Format[]
/** What the pages among them say of themselves. */
const GENERATOR = '<meta name="generator" content="Quire">'

export type Sort = 'updated_at' | 'created_at' | 'title'

/** An answer that says no; `detail` is for people. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly body: Record<string, unknown> = {},
    /** Seconds until it is worth trying again. */
    readonly retryAfter?: number,
  ) {
    super(detail)
  }
}

/** No answer came, or none of Quire's. */
export class NetworkError extends Error {}

/** What a proxy says when its server does not answer. */
const GATEWAYS = new Set([502, 503, 504])

/** Whether the server was not reached: nobody answered, or something in between did for it. */
export function isAway(error: unknown): boolean {
  if (error instanceof NetworkError) return true
  return error instanceof Problem && GATEWAYS.has(error.status) && !error.body.detail
}

/** After these no answer counts as none; the second where something kept here can be shown instead. */
const TIMEOUT_MS = 20_000
const SHORT_TIMEOUT_MS = 4000

let csrfToken = ''

/** Takes the token that goes with every change from here on. */
export function setCsrfToken(token: string): void {
  csrfToken = token
}

interface Options {
  method?: string
  json?: unknown
  body?: BodyInit
  headers?: Record<string, string>
  link?: string | null
  /** Milliseconds after which no answer counts as none; null for what takes as long as it is large. */
  timeout?: number | null
  /** What the type of the answer begins with: anything else is the page of a network that wants a sign-in. */
  type?: string
}

export async function request(path: string, options: Options = {}): Promise<Response> {
  const headers: Record<string, string> = { ...options.headers }
  const timeout = options.timeout === undefined ? TIMEOUT_MS : options.timeout
  if (csrfToken) headers['X-CSRF-Token'] = csrfToken
  if (options.json !== undefined) headers['Content-Type'] = 'application/json'
  if (options.link) headers['X-Quire-Link'] = options.link
  let response: Response
  try {
    response = await fetch(`/api/v1${path}`, {
      method: options.method ?? 'GET',
      headers,
      body: options.json !== undefined ? JSON.stringify(options.json) : (options.body ?? null),
      credentials: 'same-origin',
      signal: timeout === null ? null : AbortSignal.timeout(timeout),
    })
  } catch (error) {
    throw new NetworkError(String(error))
  }
  if (response.ok) {
    const type = response.headers.get('Content-Type') ?? ''
    if (!type.startsWith(options.type ?? '')) throw new NetworkError(`an answer of type ${type} came instead`)
    return response
  }
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>
  const wait = Number(response.headers.get('Retry-After')) || undefined
  throw new Problem(response.status, String(body.detail ?? response.statusText), body, wait)
}

async function json<T>(path: string, options?: Options): Promise<T> {
  const response = await request(path, options)
  if (response.status === 204) return undefined as T
  try {
    return (await response.json()) as T
  } catch (error) {
    // The answer broke off, or the page of a network that wants a sign-in came in its place.
    throw new NetworkError(String(error))
  }
}

const inHurry = (hurry = false): Options => (hurry ? { timeout: SHORT_TIMEOUT_MS } : {})

export const api = {
  setup: () => json<{ needed: boolean; code_required: boolean }>('/setup'),
  createOwner: (form: { name: string; email: string; password: string; code?: string; language: string }) =>
    json<Session>('/setup', { method: 'POST', json: form }),
  session: (hurry = false) => json<Session>('/session', inHurry(hurry)),
  signIn: (form: { email: string; password: string }) => json<Session>('/session', { method: 'POST', json: form }),
  signOut: () => json<void>('/session', { method: 'DELETE', timeout: SHORT_TIMEOUT_MS }),
  devices: () => json<{ items: Device[] }>('/sessions'),
  endDevice: (id: string) => json<void>(`/sessions/${id}`, { method: 'DELETE' }),
  signOutEverywhere: () => json<void>('/sessions', { method: 'DELETE' }),
  updateAccount: (form: { name?: string; language?: string }) =>
    json<Account>('/account', { method: 'PATCH', json: form }),
  changePassword: (form: { current: string; new: string }) =>
    json<void>('/account/password', { method: 'POST', json: form }),
  tokens: () => json<{ items: ApiToken[] }>('/tokens'),
  createToken: (form: { name: string; scopes: string[] }) => json<ApiToken>('/tokens', { method: 'POST', json: form }),
  revokeToken: (id: string) => json<void>(`/tokens/${id}`, { method: 'DELETE' }),
  invite: (form: { email?: string }) => json<{ url: string }>('/invitations', { method: 'POST', json: form }),
  previewInvitation: (token: string) =>
    json<{ workspace: string; inviter: string; email: string | null }>('/invitations/preview', {
      method: 'POST',
      json: { token },
    }),
  acceptInvitation: (form: { token: string; name: string; email: string; password: string }) =>
    json<void>('/invitations/accept', { method: 'POST', json: form }),
  documents: (query: {
    search: string
    sort: Sort
    order: 'asc' | 'desc'
    trashed: boolean
    shared: boolean
    cursor?: string | undefined
    /** Something kept here can be shown instead. */
    hurry?: boolean
  }) => {
    const parameters = new URLSearchParams({
      limit: '100',
      search: query.search,
      sort: query.sort,
      order: query.order,
      trashed: String(query.trashed),
      shared: String(query.shared),
    })
    if (query.cursor) parameters.set('cursor', query.cursor)
    return json<{ items: DocumentInfo[]; next_cursor: string | null }>(`/documents?${parameters}`, inHurry(query.hurry))
  },
  createDocument: (form: { id?: string; title: string }) =>
    json<DocumentInfo>('/documents', { method: 'POST', json: form, timeout: SHORT_TIMEOUT_MS }),
  /** A document of one's own with the text and pictures of another. */
  copyDocument: (id: string, title: string, link: string | null) =>
    json<DocumentInfo>(`/documents/${id}/copy`, { method: 'POST', json: { title }, link, timeout: null }),
  preview: (id: string) => json<{ lines: PreviewLine[] }>(`/documents/${id}/preview`),
  document: (id: string, link: string | null) => json<DocumentInfo>(`/documents/${id}`, { link }),
  /** Whether there is such a document, or was one until it was deleted for good. */
  known: (id: string, proof: string) =>
    json<{ known: boolean }>(`/documents/${id}/known`, { headers: { 'X-Quire-Proof': proof } }),
  rename: (id: string, title: string, version: number, link: string | null) =>
    json<DocumentInfo>(`/documents/${id}`, {
      method: 'PATCH',
      json: { title },
      headers: { 'If-Match': `"${version}"` },
      link,
    }),
  trash: (id: string) => json<void>(`/documents/${id}`, { method: 'DELETE' }),
  restore: (id: string) => json<DocumentInfo>(`/documents/${id}/restore`, { method: 'POST' }),
  erase: (id: string) => json<void>(`/documents/${id}/forever`, { method: 'DELETE' }),
  link: (id: string) => json<{ role: RoleName | null; url: string | null }>(`/documents/${id}/link`),
  setLink: (id: string, role: 'viewer' | 'editor' | null) =>
    json<{ role: RoleName | null; url: string | null }>(`/documents/${id}/link`, { method: 'PUT', json: { role } }),
  resetLink: (id: string) =>
    json<{ role: RoleName | null; url: string | null }>(`/documents/${id}/link/reset`, { method: 'POST' }),
  /** Puts a document that is open by its link into one's list. */
  visit: (id: string, link: string) => json<void>(`/documents/${id}/visit`, { method: 'PUT', link }),
  forgetVisit: (id: string) => json<void>(`/documents/${id}/visit`, { method: 'DELETE' }),
  content: async (id: string, format: Format, link: string | null) => {
    const type = MEDIA[format]
    const text = await (
      await request(`/documents/${id}/content?format=${format}`, { link, timeout: null, type })
    ).text()
    // The type of a page does not tell whose it is.
    if (format === 'html' && !text.includes(GENERATOR)) throw new NetworkError('a page of another came instead')
    return text
  },
  attach: async (id: string, file: File, link: string | null) =>
    json<Attachment>(`/documents/${id}/attachments`, {
      method: 'POST',
      body: file,
      headers: {
        'Content-Type': 'application/octet-stream',
        'X-Filename': encodeURIComponent(file.name).slice(0, 3000),
      },
      link,
      timeout: null,
    }),
  /** The content of an attachment. */
  attachment: async (address: string, link: string | null) =>
    (await request(address.replace('/api/v1', ''), { link, timeout: null, type: 'image/' })).blob(),
  exchange: async (id: string, body: Uint8Array, link: string | null, tab: string) => {
    const answer = await request(`/documents/${id}/sync`, {
      method: 'POST',
      body: body as BodyInit,
      headers: { 'Content-Type': 'application/octet-stream', 'X-Quire-Tab': tab },
      link,
      timeout: 30_000,
      type: 'application/octet-stream',
    })
    const role = (answer.headers.get('X-Quire-Role') ?? 'viewer') as RoleName
    return { role, body: new Uint8Array(await answer.arrayBuffer()) }
  },
}
