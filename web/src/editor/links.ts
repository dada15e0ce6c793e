/** Which addresses a document may hold: the server's rule, in the browser. */

const SCHEMES = /^(https?|mailto|tel):/i
const ATTACHMENT = /^\/api\/v1\/documents\/([0-9a-f-]{36})\/attachments\/[0-9a-f]{64}$/
const ORIGIN = /^https?:\/\/[^/]+/
const LONGEST = 4000

/** The address without control characters if a document may hold it, else null. */
export function safeAddress(written: string): string | null {
  const address = written.trim().replace(/[\u0000-\u001f\u007f]/g, '')
  if (ATTACHMENT.test(address) || address.startsWith('#')) return address
  return SCHEMES.test(address) && address.length <= LONGEST ? address : null
}

/** The path of a picture of a document, of this server or of any other; null for every other address. */
export function attachmentPath(address: string): string | null {
  const path = address.replace(ORIGIN, '')
  return ATTACHMENT.test(path) ? path : null
}

/** The document that the path of a picture names. */
export function documentOf(path: string): string {
  return ATTACHMENT.exec(path)?.[1] ?? ''
}

/** What somebody typed as an address, with the scheme they left out; null if it must not be a link. */
export function typedAddress(typed: string): string | null {
  const address = typed.trim()
  const safe = safeAddress(address)
  if (safe) return safe
  // What stands before a colon is a scheme, unless it is a host and a port follows. No host holds blanks.
  if (/^$|^[/\\]|\s/.test(address) || /^[^/?#]*:(?!\d)/.test(address)) return null
  return safeAddress(/^[^\s/@]+@[^\s/@]+$/.test(address) ? `mailto:${address}` : `https://${address}`)
}
