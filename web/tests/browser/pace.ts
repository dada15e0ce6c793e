/** How long a key takes until its letter is on screen, measured in the page. */
import type { Page } from '@playwright/test'

export interface Pace {
  /** From the key to the paint, without waiting for the display's next beat: queue, work, style, layout, paint. */
  busy: number[]
  /** The same with that wait, which at 60 Hz is up to 16.7 ms by itself. */
  whole: number[]
  /** Lengths of tasks over 50 ms. */
  longTasks: number[]
}

declare global {
  interface Window {
    pace?: Pace
  }
}

export async function watchPace(page: Page): Promise<void> {
  await page.evaluate(() => {
    if (window.pace) {
      window.pace = { busy: [], whole: [], longTasks: [] }
      return
    }
    window.pace = { busy: [], whole: [], longTasks: [] }
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.pace?.longTasks.push(Math.round(entry.duration))
    }).observe({ type: 'longtask' })
    const afterTask = (then: () => void) => {
      const { port1, port2 } = new MessageChannel()
      port2.onmessage = then
      port1.postMessage(null)
    }
    window.addEventListener(
      'keydown',
      (event) => {
        if (event.key.length !== 1) return
        let handled = 0
        let wait = 0
        // Once the editor has taken the letter in: its own microtask was queued before this one.
        window.addEventListener('input', () => queueMicrotask(() => (handled = performance.now())), {
          capture: true,
          once: true,
        })
        const painted = () => {
          const { anchorNode, anchorOffset } = getSelection() ?? {}
          const letter = anchorNode?.textContent?.charAt((anchorOffset ?? 0) - 1).replace('\u00a0', ' ')
          if (letter !== event.key) return requestAnimationFrame(beat)
          const whole = performance.now() - event.timeStamp
          window.pace?.whole.push(whole)
          window.pace?.busy.push(whole - wait)
        }
        const beat = () => {
          if (wait === 0 && handled > 0) wait = performance.now() - handled
          afterTask(painted)
        }
        requestAnimationFrame(beat)
      },
      { capture: true },
    )
  })
}

export async function readPace(page: Page): Promise<Pace> {
  return page.evaluate(() => window.pace ?? { busy: [], whole: [], longTasks: [] })
}

export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
