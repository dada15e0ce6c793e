import { uuidv4 } from 'lib0/random'

/** A name for a block that no other block has; also where the page is not served over HTTPS. */
export function newId(): string {
  return uuidv4().replaceAll('-', '').slice(0, 12)
}
