const BYTES = 6
/** Asked for one by one, thousands of names at a paste take the browser half a second. */
const pool = new Uint8Array(BYTES * 256)
let used = pool.length

/** A name for a block that no other block has; also where the page is not served over HTTPS. */
export function newId(): string {
  if (used === pool.length) {
    crypto.getRandomValues(pool)
    used = 0
  }
  const bytes = pool.subarray(used, (used += BYTES))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
