/** Where the browser gets the pictures of a document from. */
import { api } from '../../api/client'

export interface Addresses {
  /** Turns the address of an attachment into one that the browser can show. */
  of: (src: string) => string | Promise<string>
  /** Frees what was fetched: nothing is shown any more. */
  release: () => void
}

export const asStored: Addresses = { of: (src) => src, release: () => undefined }

/** For visitors: their right to read is in the document's link, which a picture's own request does not carry. */
export function byLink(link: string): Addresses {
  const known = new Map<string, Promise<string>>()
  return {
    of: (src) => {
      const asked = known.get(src)
      if (asked) return asked
      const address = api.attachment(src, link).then((content) => URL.createObjectURL(content))
      known.set(src, address)
      // Asked again, there may be a network.
      address.catch(() => known.delete(src))
      return address
    },
    release: () => {
      for (const address of known.values()) address.then(URL.revokeObjectURL, () => undefined)
      known.clear()
    },
  }
}
