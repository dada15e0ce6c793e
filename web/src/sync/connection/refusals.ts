/** What the server's refusals mean for an open document, whichever way they came. */
import { Problem } from '../../api/client'

/** Close codes that say: a message was larger than the server takes. */
export const TOO_BIG = new Set([1009, 4413])

/** Close code that says: this server cannot open the document now, or cannot tell who asks. */
export const TRY_LATER = 1013

/** The server lets this person in no more, or knows no such document. */
export const DENIED = 'permission-denied'

/** It knows no such document, as after an older backup was put back: what is kept here may be all there is. */
export const UNKNOWN = 'unknown'

/** Reasons after which the local copy has no business here. */
export const FOR_GOOD = new Set([DENIED, 'not-found'])

/** Why the server does not let this person in. */
export type ProblemKind = 'denied' | 'not-found' | 'unknown' | 'schema-too-old' | 'session-expired' | 'too-many'

/** Whether this person is not let in, whatever the server knows of the document: they may be again. */
export const isShutOut = (kind: ProblemKind): boolean => ['denied', 'not-found', 'unknown'].includes(kind)

const PROBLEMS: Record<string, ProblemKind> = {
  [DENIED]: 'denied',
  'not-found': 'not-found',
  [UNKNOWN]: 'unknown',
  'schema-too-old': 'schema-too-old',
  'session-expired': 'session-expired',
  'too-many-connections': 'too-many',
  'too-many-documents': 'too-many',
}

/** What a reason for not letting somebody in means to that person. */
export function problemKind(reason: string): ProblemKind {
  return PROBLEMS[reason] ?? 'denied'
}

export type Failure =
  /** No answer, or one from something in between. */
  | { kind: 'away' }
  | { kind: 'denied'; reason: string }
  /** Sent again, it would only be refused again. */
  | { kind: 'unsendable'; reason: string; detail: string }
  | { kind: 'read-only' }
  /** One update was refused. */
  | { kind: 'refused'; reason: string; detail: string }
  /** The server cannot keep anything now. */
  | { kind: 'trouble'; detail: string }

/** What it means that an exchange over HTTPS failed. */
export function failureOf(error: unknown): Failure {
  const answer = error instanceof Problem ? error : null
  const reason = answer?.body.reason
  if (answer?.status === 413 || reason === 'too-big') return { kind: 'unsendable', reason: 'too-big', detail: '' }
  if (typeof answer?.body.detail !== 'string') return { kind: 'away' }
  const { status, detail } = answer
  if (status === 401) return { kind: 'denied', reason: 'session-expired' }
  if (status === 404) return { kind: 'denied', reason: DENIED }
  if (reason === 'malformed') return { kind: 'unsendable', reason, detail }
  if (reason === 'read-only') return { kind: 'read-only' }
  if (status === 409) return { kind: 'refused', reason: String(reason), detail }
  // Of an exchange, what the status has room for; `detail` is a sentence that begins as the status does.
  const { cause } = answer.body
  return { kind: 'trouble', detail: typeof cause === 'string' ? cause : detail }
}
