/**
 * The service worker opens the app without a network. A new release is noticed when the server comes back (it was
 * restarted for it), when the tab is looked at again, and now and then; it takes over when the person says so.
 */
import { CONNECTED, RELEASED } from '../browser/events'

const UPDATE_CHECK_MS = 10 * 60_000
const LEAST_PAUSE_MS = 60_000
const TAKEOVER_TIMEOUT_MS = 3000
const RELOADED = 'quire:reloaded'

let registration: ServiceWorkerRegistration | null = null

function offer(): void {
  window.dispatchEvent(new Event(RELEASED))
}

/** Lets the worker keep the app for starts without a network, and offers each new release. */
export function registerServiceWorker(): void {
  watchForMissingParts()
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return
  const controlled = navigator.serviceWorker.controller !== null
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    // Another tab let the new release in; this one still runs the old.
    if (controlled) offer()
  })
  // Where the browser forbids workers, the app is there only with a network.
  const refused = () => undefined
  void navigator.serviceWorker.register('/sw.js').then((registered) => {
    registration = registered
    if (registered.waiting) offer()
    registered.addEventListener('updatefound', () => {
      const worker = registered.installing
      worker?.addEventListener('statechange', () => {
        if (worker.state === 'installed' && navigator.serviceWorker.controller) offer()
      })
    })
    let asked = Date.now()
    const ask = () => {
      asked = Date.now()
      void registered.update().catch(() => undefined)
    }
    setInterval(ask, UPDATE_CHECK_MS)
    window.addEventListener(CONNECTED, ask)
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible' && Date.now() - asked > LEAST_PAUSE_MS) ask()
    })
  }, refused)
}

/** Lets the waiting release in and loads it. */
export function takeOver(): void {
  const waiting = registration?.waiting
  if (!waiting) return location.reload()
  // A worker that is busy may be slow to go; the page is asked for anew in any case.
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload())
  setTimeout(() => location.reload(), TAKEOVER_TIMEOUT_MS)
  waiting.postMessage({ type: 'SKIP_WAITING' })
}

/** A part that is loaded late may be gone with its release: the page is loaded anew, once. */
function watchForMissingParts(): void {
  window.addEventListener('vite:preloadError', (event) => {
    // Without storage it is not known whether this was tried, and trying could go on for ever.
    try {
      const last = Number(sessionStorage.getItem(RELOADED) ?? 0)
      if (!navigator.onLine || Date.now() - last < LEAST_PAUSE_MS) return
      sessionStorage.setItem(RELOADED, String(Date.now()))
    } catch {
      return
    }
    event.preventDefault()
    location.reload()
  })
}
