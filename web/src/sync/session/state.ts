/** What is true of an open document. */
import type { RoleName } from '../../api/client'
import type { ProblemKind } from '../connection/refusals'
import type { Kept } from '../storage/localCopy'

/** What the person is told about their work. `saved` follows durable acknowledgements only. */
export type SaveStatus =
  | { kind: 'connecting' }
  | { kind: 'saved'; transport: 'socket' | 'https' }
  | { kind: 'saving'; transport: 'socket' | 'https' }
  | { kind: 'offline'; changes: number; kept: boolean; since: number }
  | { kind: 'unsaved'; reason: string }
  | { kind: 'stranded' }
  /** The server does not let this person in any more; nothing of theirs is missing there. */
  | { kind: 'closed'; problem: ProblemKind }

export interface SessionState {
  status: SaveStatus
  role: RoleName | null
  readOnly: boolean
  /** The local copy is loaded or the first sync is done: the editor may be shown. */
  ready: boolean
  problem: { kind: ProblemKind; detail: string } | null
  meta: { title: string; version: number } | null
  /** An update of this browser that the server refused, for its author to copy. */
  refused: { reason: string; detail: string } | null
  size: 'ok' | 'warn' | 'full'
  /** Whether changes made now survive a reload. */
  kept: Kept
  /** The id of this document, which was made here, belongs to another on the server. */
  taken: boolean
  /** Changes that the server does not take from this person: for them to copy, then to discard. */
  stranded: { words: string; changes: number } | null
}
