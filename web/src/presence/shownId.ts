import { toHexString } from 'lib0/buffer'
import { digest } from 'lib0/hash/sha256'

/** Begins the id of a guest; what follows is known to its own browser and the server only. */
export const MARK = 'guest:'

/** The id that others see: of a guest the server shows a hash, so that nobody else can announce the same. */
export function shownId(id: string): string {
  if (!id.startsWith(MARK)) return id
  return MARK + toHexString(digest(new TextEncoder().encode(id))).slice(0, 32)
}
