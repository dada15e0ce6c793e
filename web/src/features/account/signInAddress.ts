/** The way to the page for signing in and back to an open document, whose fragment may hold its link. */

const DOCUMENT = /^\/d\/[\w-]+$/

/** Where one signs in and comes back to this page. */
export function signInAddress(): string {
  return `/sign-in?next=${encodeURIComponent(location.pathname)}${location.hash}`
}

/** Where to go on after signing in; home for any address but a document's. */
export function onward(): string {
  const next = new URLSearchParams(location.search).get('next') ?? ''
  return DOCUMENT.test(next) ? next + location.hash : '/'
}
