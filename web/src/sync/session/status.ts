/** The one status that people see, made of everything that is known of the connection and the changes. */
import i18next from 'i18next'
import type { ProblemKind } from '../connection/refusals'
import type { SaveStatus, SessionState } from './state'

interface Facts {
  stranded: SessionState['stranded']
  /** Why the server does not let this person in. */
  closed: ProblemKind | null
  /** Why the server cannot keep changes now. */
  problem: string | null
  /** Why the server does not make this document now. */
  unmade: string | null
  /** Why the server, which answers, cannot open the document now. */
  unopened: string | null
  /** Why changes are not offered any more. */
  unsendable: { reason: string; detail: string } | null
  /** The server holds everything that this tab holds. */
  settled: boolean
  /** The socket is open; the first exchange on it is done. */
  connected: boolean
  synced: boolean
  /** Changes travel over HTTPS. */
  https: boolean
  /** The local copy is read. */
  localReady: boolean
  changes: number
  kept: boolean
  offlineSince: number
}

/** What people are told: the worst first, and "saved" only when nothing speaks against it. */
export function saveStatus(facts: Facts): SaveStatus {
  const { problem, unsendable } = facts
  if (facts.stranded) return { kind: 'stranded' }
  if (facts.closed) {
    if (facts.changes === 0 && facts.closed !== 'unknown') return { kind: 'closed', problem: facts.closed }
    return { kind: 'unsaved', reason: i18next.t(`status.closed.${facts.closed}`) }
  }
  const transport = facts.connected && facts.synced ? 'socket' : facts.https ? 'https' : null
  if (transport) {
    // The local copy may hold what the server lacks, and is not always the quicker one.
    if (facts.settled) return facts.localReady ? { kind: 'saved', transport } : { kind: 'connecting' }
    return problem ? { kind: 'unsaved', reason: problem } : { kind: 'saving', transport }
  }
  if (unsendable) {
    return {
      kind: 'unsaved',
      reason: unsendable.reason === 'too-big' ? i18next.t('status.too-big') : unsendable.detail,
    }
  }
  if (facts.unmade !== null) return { kind: 'unsaved', reason: facts.unmade }
  if (facts.unopened !== null) return { kind: 'unsaved', reason: facts.unopened }
  if (facts.connected || !facts.localReady) return { kind: 'connecting' }
  return { kind: 'offline', changes: facts.changes, kept: facts.kept, since: facts.offlineSince }
}

/** How long "Saving…" stays after all is saved: who types on is not told of every key. */
const CALM_MS = 300

/** Passes a status on when it is another than the last; "saved" after "saving" only when that lasts. */
export function calmed(show: (status: SaveStatus) => void): (status: SaveStatus) => void {
  let last: SaveStatus | null = null
  let waiting: ReturnType<typeof setTimeout> | undefined
  return (status) => {
    if (JSON.stringify(status) === JSON.stringify(last)) return
    const calm = status.kind === 'saved' && last?.kind === 'saving'
    const still = waiting !== undefined && status.kind === 'saving'
    clearTimeout(waiting)
    waiting = undefined
    last = status
    if (calm) {
      waiting = setTimeout(() => {
        waiting = undefined
        show(status)
      }, CALM_MS)
    } else if (!still) show(status)
  }
}
