/** One open document in this tab: the live copy, its connection, and the truth about what is saved. */
import i18next from 'i18next'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import type { DocumentInfo, RoleName } from '../../api/client'
import schema from '../../editor/schema/schema.json'
import { OwnPresence, type Me } from '../../presence/own'
import { isKnown } from '../connection/known'
import { OtherTabs } from '../connection/otherTabs'
import { DENIED, FOR_GOOD, problemKind, UNKNOWN } from '../connection/refusals'
import { Transport } from '../connection/transport'
import { Authorship } from './authorship'
import { inTime } from './inTime'
import { Ledger } from '../ledger/ledger'
import { NOTHING, unsentWords } from '../ledger/unsent'
import { Observable } from '../observable'
import { register } from '../openDocuments'
import { Arrival } from '../outbox/arrival'
import { firstContent, isUnheard, keepAsNew, makeUnheard } from '../outbox/madeOffline'
import { LocalCopy } from '../storage/localCopy'
import { keptInfo, keptLink, storeName } from '../storage/notes'
import { inWords } from './reasons'
import { Refused } from './refused'
import type { SessionState } from './state'
import { calmed, saveStatus } from './status'

/** What others' changes wait for an earlier tab's words at most. The server hangs up on a socket that is silent for 10 s. */
const LONGEST_WAIT_MS = 5000

/**
 * Watches over the words that are looked after here: `remote` tells by a transaction's origin whether others made it,
 * `writtenAt` which words these are, and in which order they were written. Returns how to stop.
 */
export type Watch = (
  doc: Y.Doc,
  remote: (origin: unknown) => boolean,
  writtenAt: (id: Y.ID) => number | null,
) => () => void

export class DocumentSession {
  readonly doc = new Y.Doc()
  readonly awareness = new Awareness(this.doc)
  readonly fragment = this.doc.getXmlFragment(schema.fragment)
  readonly state = new Observable<SessionState>({
    status: { kind: 'connecting' },
    role: null,
    readOnly: true,
    ready: false,
    problem: null,
    meta: null,
    refused: null,
    size: 'ok',
    kept: 'unknown',
    taken: false,
    stranded: null,
  })

  private readonly local: LocalCopy
  private readonly transport: Transport
  private readonly otherTabs: OtherTabs
  private readonly authorship: Authorship
  private stopWatching: (() => void) | undefined
  /** The words of earlier tabs are here and looked after, or the browser took too long. */
  private inherited = false
  private localReady = false
  private copyRead = false
  private readonly ledger = new Ledger(this.doc, this.fragment)
  private readonly refused = new Refused(this.state, this.ledger, {
    // A new handshake offers everything.
    onOfferAgain: () => {
      if (this.transport.synced) this.transport.renew()
    },
    onHopeless: () => this.transport.detach(),
    onSpoilt: () => this.onSpoilt(),
    onTold: () => this.refresh(),
  })
  /** How the document comes to a server that has not heard of it; null for every other one. */
  private arrival: Arrival | null
  /** The last time that the server did not let this person in; null when it did since. */
  private denial: object | null = null
  private closed = false
  private readonly show = calmed((status) => this.state.update({ status }))
  private readonly presence: OwnPresence
  private readonly unregister = register(this)

  constructor(
    readonly documentId: string,
    readonly me: Me,
    private readonly person: string,
    private readonly link: string | null,
    private readonly watch: Watch,
    deadAfter?: number,
  ) {
    this.local = new LocalCopy(storeName(person, documentId), this.doc, () => this.held())
    this.authorship = new Authorship(storeName(person, documentId), this.doc)
    this.presence = new OwnPresence(this.awareness, me)
    this.otherTabs = new OtherTabs(
      storeName(person, documentId),
      this.doc,
      () => this.refused.unsendable === null && this.state.get().problem === null && !this.refused.stranded,
    )
    this.local.kept.subscribe(() => this.refresh())
    this.doc.on('update', this.onUpdate)
    this.transport = new Transport({ documentId, link, deadAfter }, this.doc, this.awareness, this.ledger, {
      onConnected: () => {
        this.refused.onConnected()
        this.presence.renew()
      },
      onSynced: () => {
        this.refused.onSynced()
        this.state.update({ ready: true })
        this.onAcknowledged()
      },
      onDisconnected: () => this.otherTabs.ask(),
      onServerState: (clocks) => {
        this.ledger.serverState = clocks
        this.refused.onServerState()
      },
      onAcknowledged: () => this.onAcknowledged(),
      onAnswer: (role, settled) => this.onHttpsAnswer(role, settled),
      onRole: (role) => this.onRole(role),
      onMessage: (payload) => this.onMessage(payload),
      onDenied: (reason) => this.onDenied(reason),
      onUnsendable: (reason, detail) => {
        this.refused.onUnsendable(reason, detail)
        this.refresh()
      },
      onReadOnly: () => {
        this.onRole('viewer')
        this.refused.onWriting()
      },
      onRefused: (reason, detail) => this.refused.onRefused(reason, detail),
      onChange: () => this.refresh(),
      offered: () => (this.refused.stranded ? 0 : this.ledger.changes),
      wanted: () => !this.closed && !this.refused.unsendable && this.state.get().problem === null,
      localReady: () => this.localReady,
    })
    this.arrival = isUnheard(keptInfo(person, documentId)) ? this.newArrival() : null
    const loaded = this.local.loaded.then((found) => this.onLoaded(found))
    void this.local.read.then(() => this.onRead())
    const inherited = this.authorship.mayInherit ? inTime(loaded, LONGEST_WAIT_MS) : Promise.resolve()
    void inherited.then(() => this.onInherited())
    if (this.arrival?.thrownAway) this.onThrownAway()
    else if (this.arrival) this.arrival.start()
    else this.start()
    this.refresh()
  }

  /** Send the session's credentials again on the same socket: after signing in over an open document. */
  reauthenticate(): void {
    this.state.update({ problem: null })
    if (this.arrival) {
      // Its maker may write in it.
      this.local.writable = true
      this.state.update({ readOnly: false, stranded: null })
      this.arrival.start()
    } else this.transport.renew()
    this.refresh()
  }

  /** Whether the server lacks something of this tab. */
  get unsaved(): boolean {
    return this.ledger.changes > 0
  }

  /** Writes down what the server is known to hold. */
  note(): Promise<void> {
    return this.local.note()
  }

  /** Does so before the page goes. */
  noteLast(): void {
    this.local.noteLast()
  }

  /** All words of the document as it stands in this tab. */
  text(): string {
    return unsentWords(this.fragment, new Map())
  }

  /** The words that no server has confirmed. */
  unsentWords(): string {
    return this.ledger.words()
  }

  /** Keeps the words of a document whose id belongs to another as a new one; returns its id. */
  async keepAsNew(): Promise<string> {
    this.state.update({ readOnly: true })
    try {
      const id = await keepAsNew(this.person, this.documentId, this.doc)
      await this.discard()
      return id
    } catch (error) {
      this.state.update({ readOnly: false })
      throw error
    }
  }

  /** Gives up what is stranded, with the local copy that holds it; the page must be opened anew. */
  async discard(): Promise<void> {
    this.ledger.changes = 0
    await this.local.erase()
  }

  /** Keeps what is known of the document with its local copy. */
  keepInfo(info: DocumentInfo): void {
    this.local.keepInfo(info)
  }

  /** The files of pictures that the server does not have yet. */
  get pictures(): LocalCopy['pictures'] {
    return this.local.pictures
  }

  /** The link by which this person last opened a document in this browser. */
  linkOf(documentId: string): string | null {
    return keptLink(storeName(this.person, documentId))
  }

  /** Others' changes wait while `held` says so, for a while; `before` is called just before they are taken in. */
  onRemote(held: () => boolean, before: () => void): void {
    this.transport.onRemote(held, before)
    this.otherTabs.beforeRemote = before
  }

  dismissRefusal(): void {
    this.state.update({ refused: null })
  }

  async close(): Promise<void> {
    if (this.closed) return
    void this.local.note()
    this.closed = true
    this.unregister()
    this.stopWatching?.()
    this.arrival?.end()
    this.otherTabs.close()
    this.refused.close()
    this.authorship.close()
    this.presence.end()
    this.transport.destroy()
    this.awareness.destroy()
    await this.local.close(this.unsaved)
    this.doc.destroy()
  }

  // ------------------------------------------------------------------ what happens

  /** Asks the server, as soon as what it answers can take no word of an earlier tab along. */
  private start(): void {
    this.transport.connect()
    if (this.inherited) this.transport.start()
  }

  private onInherited(): void {
    if (this.closed) return
    this.inherited = true
    if (this.authorship.mayInherit) this.lookAfterWords()
    this.otherTabs.open()
    // What they said meanwhile was not heard.
    if (this.localReady) this.otherTabs.ask()
    if (!this.arrival) this.transport.start()
    this.refresh()
  }

  /** Not before there are any: nobody need look through a document that only opens. */
  private lookAfterWords(): void {
    this.stopWatching ??= this.watch(
      this.doc,
      (origin) => this.transport.brought(origin) || origin === this.otherTabs,
      (id) => this.authorship.writtenAt(id),
    )
  }

  private newArrival(): Arrival {
    return new Arrival(this.person, this.documentId, {
      onArrived: (info) => this.onArrived(info),
      onSignedOut: () => this.onDenied('session-expired'),
      onFailed: () => this.refresh(),
      onTaken: () => this.onTaken(),
      onThrownAway: () => this.onThrownAway(),
    })
  }

  /** As with any other document in the trash. What was written goes to the server with it, from the list. */
  private onThrownAway(): void {
    this.onDenied('not-found')
  }

  /** The server knows the document: from here on it is as any other. */
  private onArrived(info: DocumentInfo): void {
    this.arrival = null
    this.local.keepInfo(info)
    this.state.update({ meta: { title: info.title, version: info.version } })
    // It may have been known before, and refused on this socket since.
    if (this.denial) this.transport.renew()
    else this.start()
  }

  /** It never will: the words stay here until they are kept as a new document. */
  private onTaken(): void {
    this.state.update({ taken: true })
    this.refresh()
  }

  private async onLoaded(found: boolean): Promise<void> {
    if (this.closed) return
    this.localReady = true
    if (this.link !== null) this.local.keepLink(this.link)
    const begun = this.arrival !== null && !found
    if (begun) Y.applyUpdate(this.doc, firstContent(this.documentId))
    await this.onCopy(found || begun)
  }

  /** The copy may come later than one could wait for it: until then it was taken for unsent as a whole. */
  private onRead(): void {
    this.copyRead = true
    if (!this.closed && this.localReady) void this.onCopy(this.doc.store.clients.size > 0)
  }

  /** Resolves when its words are looked after. */
  private onCopy(found: boolean): Promise<void> {
    this.ledger.load(this.local.confirmed, this.transport.settled)
    const inherited = this.authorship.inherit(this.local.confirmed.sv)
    if (this.local.seen !== null && !this.transport.connected) this.transport.offlineSince = this.local.seen
    const { role, readOnly, problem } = this.state.get()
    if (problem?.detail === UNKNOWN) this.state.update({ ready: found })
    else if (problem === null) {
      if (found) this.state.update({ ready: true, readOnly: role === null ? !this.local.writable : readOnly })
      if (!this.transport.relays) this.otherTabs.ask()
      this.refused.onLoaded()
    } else if (FOR_GOOD.has(problem.detail)) this.onRefusedForGood()
    this.refresh()
    return inherited
  }

  private readonly onUpdate = (update: Uint8Array, origin: unknown, _: Y.Doc, transaction: Y.Transaction): void => {
    if (origin === this.local.origin) {
      if (!this.localReady) return
      this.ledger.wrote(transaction)
      this.refresh()
      return
    }
    if (this.transport.brought(origin)) {
      this.ledger.heard(transaction)
      this.local.confirm()
      return
    }
    if (origin !== this.otherTabs) {
      this.authorship.wrote()
      this.lookAfterWords()
      if (!this.transport.relays) this.otherTabs.send(update)
    }
    this.ledger.wrote(transaction)
    this.transport.wrote()
    this.refresh()
  }

  /** What the server is known to hold. What it passes on while it cannot store may be lost with it. */
  private held(): Y.Snapshot {
    if ((this.refused.storageProblem ?? this.transport.problem) !== null) return NOTHING
    return this.transport.settled ? Y.snapshot(this.doc) : this.ledger.held()
  }

  private onAcknowledged(): void {
    if (this.transport.settled) this.onSettled()
    this.refresh()
  }

  /** The server holds everything. */
  private onSettled(): void {
    this.ledger.settle()
    this.local.confirm()
    this.refused.onSettled()
  }

  private onRole(role: 'editor' | 'viewer'): void {
    const readOnly = role === 'viewer'
    this.denial = null
    this.local.writable = !readOnly
    this.state.update({ readOnly, role, problem: null })
    if (readOnly) return
    this.refused.onWritable()
    // What was stranded is on its way from now on, not only when the server says the next thing.
    this.refresh()
  }

  private onDenied(reason: string): void {
    this.transport.stopHttps()
    this.presence.forgetOthers()
    const proof = reason === DENIED ? keptInfo(this.person, this.documentId)?.proof : undefined
    if (proof) void this.onNotLetIn(proof)
    else this.refuse(reason)
  }

  private refuse(reason: string): void {
    this.state.update({ readOnly: true, problem: { kind: problemKind(reason), detail: reason } })
    if (FOR_GOOD.has(reason)) this.onRefusedForGood()
    this.refresh()
  }

  /** Only a server that knows the document has what was acknowledged: it may have lost it with an older backup. */
  private async onNotLetIn(proof: string): Promise<void> {
    const denial = (this.denial = {})
    const wanted = (): boolean => this.denial === denial && !this.closed
    this.state.update({ readOnly: true })
    const known = await isKnown(this.documentId, proof, wanted)
    if (!wanted()) return
    if (known) this.refuse(DENIED)
    else this.onUnknown()
  }

  /** Its owner brings the document back as it is here; for everybody else the copy stays until they are let in. */
  private onUnknown(): void {
    const info = keptInfo(this.person, this.documentId)
    if (info?.role !== 'owner') return this.refuse(UNKNOWN)
    makeUnheard(this.person, info)
    this.state.update({ problem: null, stranded: null, readOnly: !this.local.writable })
    this.arrival = this.newArrival()
    this.arrival.start()
    this.refresh()
  }

  /** Access is gone: the local copy goes too, unless it holds what nobody else has. */
  private onRefusedForGood(): void {
    this.local.writable = false
    // What was not read yet may hold it.
    if (!this.copyRead) return
    this.refused.strand()
    if (!this.refused.stranded) void this.local.erase()
    else this.state.update({ ready: true })
  }

  private onMessage(payload: string): void {
    const message = JSON.parse(payload) as Record<string, unknown>
    switch (message.type) {
      case 'document':
        this.state.update({ meta: { title: String(message.title), version: Number(message.version) } })
        break
      case 'storage':
        this.refused.onStorage(message.ok ? null : String(message.reason))
        break
      case 'refused':
        this.refused.onRefused(String(message.reason), String(message.detail))
        break
      case 'size':
        this.refused.onSize(message.level as SessionState['size'])
        break
    }
    this.refresh()
  }

  /** Something in this copy can never be stored: it is loaded anew, at once where nothing of one's own would be lost. */
  private onSpoilt(): void {
    void this.local.loaded.then(() => {
      if (this.ledger.changes > 0) this.refused.strand()
      else void this.discard().then(() => location.reload())
      this.refresh()
    })
  }

  private onHttpsAnswer(role: RoleName, settled: boolean): void {
    this.onRole(role === 'viewer' || role === 'commenter' || role === 'suggester' ? 'viewer' : 'editor')
    this.state.update({ ready: true })
    if (settled && !this.refused.stranded) this.onSettled()
    this.refresh()
  }

  // ------------------------------------------------------------------ the one status

  private refresh(): void {
    if (this.closed) return
    const kept = this.local.kept.get()
    const { problem } = this.transport
    const overHttps = problem && inWords(problem)
    this.state.update({ kept })
    this.show(
      saveStatus({
        stranded: this.state.get().stranded,
        closed: this.state.get().problem?.kind ?? null,
        problem: this.refused.problem ?? overHttps,
        unmade: this.state.get().taken ? i18next.t('taken.status') : (this.arrival?.problem ?? null),
        unopened: overHttps ?? (this.transport.turnedAway ? i18next.t('status.unopened') : null),
        unsendable: this.refused.unsendable,
        settled: this.transport.settled,
        connected: this.transport.connected,
        synced: this.transport.synced,
        https: this.transport.overHttps,
        localReady: this.localReady && this.inherited,
        changes: this.ledger.changes,
        kept: kept !== 'no',
        offlineSince: this.transport.offlineSince,
      }),
    )
  }
}
