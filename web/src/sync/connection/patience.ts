/** How long the silence of a link is borne. */

/** A socket on which nothing is heard for this long, while HTTP works, counts as blocked. */
const BLOCKED_AFTER_MS = 5000
/** A change that is not acknowledged for this long asks whether the link is alive. */
const DOUBT_AFTER_MS = 5000

type Timer = ReturnType<typeof setTimeout> | undefined

export class Patience {
  private blockedTimer: Timer
  private doubtTimer: Timer

  /** Looks again and again whether the socket is blocked, from now on, for as long as `look` returns true. */
  watch(look: () => boolean): void {
    this.stopWatching()
    this.blockedTimer = setTimeout(() => {
      if (look()) this.watch(look)
    }, BLOCKED_AFTER_MS)
  }

  stopWatching(): void {
    clearTimeout(this.blockedTimer)
  }

  /** A link that takes changes and says nothing may be dead: asks a while after the first of them. */
  doubt(ask: () => void): void {
    this.doubtTimer ??= setTimeout(() => {
      this.doubtTimer = undefined
      ask()
    }, DOUBT_AFTER_MS)
  }

  end(): void {
    this.stopWatching()
    clearTimeout(this.doubtTimer)
  }
}
