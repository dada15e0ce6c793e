/** Where the browser gets the pictures of a document from. */
import { api } from '../../api/client'

/** Turns the address of an attachment into one that the browser can show. */
export type Address = (src: string) => string | Promise<string>

/** For visitors: their right to read is in the document's link, which a picture's own request does not carry. */
export function byLink(link: string): Address {
  const known = new Map<string, Promise<string>>()
  return (src) => {
    const asked = known.get(src)
    if (asked) return asked
    const address = api.attachment(src, link).then((content) => URL.createObjectURL(content))
    known.set(src, address)
    // Asked again, there may be a network.
    address.catch(() => known.delete(src))
    return address
  }
}
