/** What this device shows of pictures that the server does not have yet, by the id of their block. */

const addresses = new Map<string, string>()
const watchers = new Map<string, () => void>()

export const preview = (id: unknown): string | undefined => addresses.get(String(id))

/** Calls `draw` when there is something to show. */
export function watch(id: unknown, draw: () => void): void {
  watchers.set(String(id), draw)
}

export function show(id: string, file: File): void {
  addresses.set(id, URL.createObjectURL(file))
  watchers.get(id)?.()
}

export function forget(id: string): void {
  URL.revokeObjectURL(addresses.get(id) ?? '')
  addresses.delete(id)
  watchers.delete(id)
}
