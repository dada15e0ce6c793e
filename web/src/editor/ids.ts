/** A name for a block that no other block has. */
export function newId(): string {
  return crypto.randomUUID().replaceAll('-', '').slice(0, 12)
}
