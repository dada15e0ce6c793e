/**
 * What was written on this device and not sent, in documents that are not open in this tab: it is sent when the server
 * answers, wherever in the app one is.
 */
import * as Y from 'yjs'
import { api, NetworkError, Problem, setCsrfToken, type DocumentInfo } from '../../api/client'
import { exchange } from '../connection/exchange'
import { inPieces } from '../connection/pieces'
import { failureOf } from '../connection/refusals'
import { Observable } from '../observable'
import { closings, isOpenHere } from '../openDocuments'
import { confirmStored, keptUpdates, unsentOf, unsentUpdates } from '../storage/copies'
import { GUEST, keepInfo, keptInfo, keptInfos, keptLink, storeName } from '../storage/notes'
import { announce, isUnheard, makeUnheard } from './madeOffline'

const RETRY_MS = 10_000
/** A document that was closed may be opened again at once. */
const AFTER_CLOSING_MS = 1000

/** The ids of documents with words on this device that were not sent. */
export const unsent = new Observable<ReadonlySet<string>>(new Set())

/** Sends this person's unsent words now, with the network, and when a document was closed. Returns how to stop. */
export function sendUnsent(person: string, onSent: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopped = false
  let turn = Promise.resolve()
  const later = (pause: number, known?: ReadonlySet<string>) => {
    clearTimeout(timer)
    if (!stopped) timer = setTimeout(() => start(known), pause)
  }
  const round = async (known?: ReadonlySet<string>): Promise<void> => {
    if (stopped) return
    const waiting = new Set(known ?? (await unsentOf(person)))
    unsent.set(new Set(waiting))
    try {
      await bringMade(person)
      let again = false
      for (const id of waiting) {
        if (stopped) return
        if (isOpenHere(id)) continue
        const outcome = await bring(person, id)
        again ||= outcome === 'not now'
        if (outcome !== 'sent') continue
        waiting.delete(id)
        unsent.set(new Set(waiting))
        onSent()
      }
      if (again) later(RETRY_MS, waiting)
    } catch {
      // The server is away.
      if (waiting.size > 0) later(RETRY_MS, waiting)
    }
  }
  const start = (known?: ReadonlySet<string>) => {
    // A round that fails is no end to the next.
    turn = turn.then(() => round(known)).catch(() => undefined)
  }
  const onOnline = () => start()
  const onClosed = closings.subscribe(() => later(AFTER_CLOSING_MS))
  window.addEventListener('online', onOnline)
  start()
  return () => {
    stopped = true
    clearTimeout(timer)
    onClosed()
    window.removeEventListener('online', onOnline)
    unsent.set(new Set())
  }
}

let bringing = Promise.resolve()

/** Brings to the server what this person made and wrote without a network; what is open here comes by itself, unless it was thrown away. */
export function bringMade(person: string): Promise<void> {
  const turn = bringing.then(async () => {
    for (const { id, trashed_at } of keptInfos(person).filter(isUnheard))
      if (trashed_at || !isOpenHere(id)) await bring(person, id)
  })
  // One after the other: each leaves nothing for the next.
  bringing = turn.catch(() => undefined)
  return turn
}

/** Documents that the server was asked for. */
const asked = new Set<string>()

/**
 * Finds what this person owns and the server does not know any more, as after an older backup was put back: it comes
 * with what was made here. `listed` is what the server has, all of it or what was edited last. Returns whether there is any.
 */
export async function findUnknown(person: string, listed: DocumentInfo[], all: boolean): Promise<boolean> {
  const ids = new Set(listed.map(({ id }) => id))
  const since = all ? '' : (listed.at(-1)?.updated_at ?? '')
  let found = false
  for (const info of keptInfos(person)) {
    const { id, proof, role, trashed_at, updated_at } = info
    if (!proof || role !== 'owner' || trashed_at || updated_at < since) continue
    if (ids.has(id) || isUnheard(info) || isOpenHere(id) || asked.has(id)) continue
    asked.add(id)
    const { known } = await api.known(id, proof).catch(() => ({ known: true }))
    if (known) continue
    makeUnheard(person, info)
    found = true
  }
  return found
}

/** Brings what this device has of one document; why it was refused is said where the document is open. */
async function bring(person: string, id: string): Promise<'sent' | 'not now' | 'refused'> {
  try {
    const unheard = isUnheard(keptInfo(person, id))
    const info = unheard ? await announce(person, id) : null
    // The session may have ended: the same person can sign in again.
    if (unheard ? !info : !(await isSignedIn(person))) return 'not now'
    const name = storeName(person, id)
    // What was confirmed before may be lost with an older backup. Nothing, where another turn or another tab was quicker.
    const updates = await (unheard ? keptUpdates(name) : unsentUpdates(name))
    await send(id, keptLink(name), updates)
    await confirmStored(name, updates)
    if (!info) return 'sent'
    const trashed_at = keptInfo(person, id)?.trashed_at ?? null
    if (trashed_at) await api.trash(id)
    keepInfo(name, { ...info, trashed_at })
    return 'sent'
  } catch (error) {
    if (error instanceof NetworkError) throw error
    // A copy that cannot be read holds up no other.
    if (!(error instanceof Problem)) return 'refused'
    return ['away', 'trouble'].includes(failureOf(error).kind) ? 'not now' : 'refused'
  }
}

/** Whether words of this person may be sent: another may have signed in since. */
async function isSignedIn(person: string): Promise<boolean> {
  const session = await api.session()
  setCsrfToken(session.csrf_token)
  return (session.account?.id ?? GUEST) === person
}

/** Sends what the server lacks of these updates. */
async function send(id: string, link: string | null, updates: Uint8Array[]): Promise<void> {
  if (updates.length === 0) return
  const whole = Y.mergeUpdates(updates)
  const here = Y.encodeStateVectorFromUpdate(whole)
  const { state } = await exchange(id, link, here)
  for (const piece of inPieces(Y.diffUpdate(whole, state))) await exchange(id, link, here, piece)
}
