/** Offers a document to a server that has not heard of it, until the server has made it. */
import { Problem, type DocumentInfo } from '../../api/client'
import { failureOf } from '../connection/refusals'

const ASK_AGAIN = 4000

interface Events {
  onArrived: (info: DocumentInfo) => void
  /** Its maker is not signed in any more; `start` offers it again. */
  onSignedOut: () => void
  /** It was not made; `problem` may say why. */
  onFailed: () => void
  /** Its id belongs to another document: it will never be made under this one. */
  onTaken: () => void
}

export class Arrival {
  private timer: ReturnType<typeof setTimeout> | undefined
  private offering = false
  private stopped = true
  /** Why the server, which is there, does not make it now. */
  problem: string | null = null

  constructor(
    private readonly announce: () => Promise<DocumentInfo | null>,
    private readonly events: Events,
  ) {}

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

  private readonly offer = async (): Promise<void> => {
    if (this.offering) return
    this.offering = true
    clearTimeout(this.timer)
    try {
      const info = await this.announce()
      if (this.stopped) return
      this.stop()
      if (info) this.events.onArrived(info)
      else this.events.onSignedOut()
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
      this.timer = setTimeout(() => void this.offer(), Math.max(pause, ASK_AGAIN))
    } finally {
      this.offering = false
    }
  }
}
