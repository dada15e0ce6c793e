/** Offers a document to a server that has not heard of it, until the server has made it. */
import { Problem, type DocumentInfo } from '../../api/client'
import { failureOf } from '../connection/refusals'
import { keptInfo, storeName, watchInfo } from '../storage/notes'
import { announce } from './madeOffline'

const RETRY_MS = 4000

interface Events {
  onArrived: (info: DocumentInfo) => void
  /** Its maker is not signed in any more; `start` offers it again. */
  onSignedOut: () => void
  /** It was not made; `problem` may say why. */
  onFailed: () => void
  /** Its id belongs to another document: it will never be made under this one. */
  onTaken: () => void
  /** It went to the trash before the server heard of it. */
  onThrownAway: () => void
}

export class Arrival {
  private timer: ReturnType<typeof setTimeout> | undefined
  private offering = false
  private stopped = true
  /** Why the server, which is there, does not make it now. */
  problem: string | null = null
  private readonly unwatch: () => void

  constructor(
    private readonly person: string,
    private readonly documentId: string,
    private readonly events: Events,
  ) {
    this.unwatch = watchInfo(storeName(person, documentId), () => {
      if (!this.thrownAway) return
      this.stop()
      this.events.onThrownAway()
    })
  }

  get thrownAway(): boolean {
    return Boolean(keptInfo(this.person, this.documentId)?.trashed_at)
  }

  start(): void {
    if (this.stopped) window.addEventListener('online', this.offer)
    this.stopped = false
    void this.offer()
  }

  stop(): void {
    this.stopped = true
    clearTimeout(this.timer)
    window.removeEventListener('online', this.offer)
  }

  /** Neither offers it any more nor looks for what becomes of it. */
  end(): void {
    this.stop()
    this.unwatch()
  }

  private readonly offer = async (): Promise<void> => {
    if (this.offering) return
    this.offering = true
    clearTimeout(this.timer)
    try {
      const info = await announce(this.person, this.documentId)
      if (this.stopped) return
      this.stop()
      if (!info) this.events.onSignedOut()
      else if (this.thrownAway) this.events.onThrownAway()
      else {
        this.end()
        this.events.onArrived(info)
      }
    } catch (error) {
      if (this.stopped) return
      if (error instanceof Problem && error.body.code === 'id-taken') {
        this.stop()
        this.events.onTaken()
        return
      }
      const failure = failureOf(error)
      this.problem = 'detail' in failure ? failure.detail : null
      this.events.onFailed()
      const pause = error instanceof Problem ? (error.retryAfter ?? 0) * 1000 : 0
      this.timer = setTimeout(() => void this.offer(), Math.max(pause, RETRY_MS))
    } finally {
      this.offering = false
    }
  }
}
