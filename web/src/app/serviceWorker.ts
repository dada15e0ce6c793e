/** The service worker opens the app without a network; a new release takes over when the person says so. */
export function registerServiceWorker(): void {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return
  void navigator.serviceWorker.register('/sw.js').then((registration) => {
    const offer = (worker: ServiceWorker | null) => {
      if (!worker) return
      worker.addEventListener('statechange', () => {
        if (worker.state === 'installed' && navigator.serviceWorker.controller) {
          window.dispatchEvent(new CustomEvent('quire:release', { detail: worker }))
        }
      })
    }
    registration.addEventListener('updatefound', () => offer(registration.installing))
    setInterval(() => void registration.update().catch(() => undefined), 10 * 60_000)
  })
}
