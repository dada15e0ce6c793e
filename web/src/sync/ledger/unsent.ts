/**
 * What the server has not confirmed, told by comparing: a snapshot of all it is known to hold stays beside the local
 * copy, and whatever the document has beyond it is unsent. Several tabs may note what they know; notes only add up.
 */
import * as Y from 'yjs'

export const NOTHING: Y.Snapshot = Y.emptySnapshot

/** Everything that either snapshot covers. */
export function joined(one: Y.Snapshot, other: Y.Snapshot): Y.Snapshot {
  const clocks: Clocks = new Map(one.sv)
  raise(clocks, other.sv)
  return Y.createSnapshot(Y.mergeDeleteSets([one.ds, other.ds]), clocks)
}

type DeleteSet = Y.Snapshot['ds']

function size(deleted: DeleteSet): number {
  let sum = 0
  for (const ranges of deleted.clients.values()) for (const range of ranges) sum += range.len
  return sum
}

/** How many characters and marks one transaction inserted and deleted. */
export function changesIn(transaction: Y.Transaction): number {
  let sum = size(transaction.deleteSet)
  for (const [client, clock] of transaction.afterState) sum += clock - (transaction.beforeState.get(client) ?? 0)
  return sum
}

/** How many characters and marks, inserted or deleted, the document has beyond the snapshot. */
export function countUnsent(doc: Y.Doc, confirmed: Y.Snapshot): number {
  const now = Y.snapshot(doc)
  let sum = size(Y.mergeDeleteSets([confirmed.ds, now.ds])) - size(confirmed.ds)
  for (const [client, clock] of now.sv) sum += Math.max(0, clock - (confirmed.sv.get(client) ?? 0))
  return sum
}

/** Whether stored updates hold anything beyond the snapshot. */
export function hasUnsent(updates: Uint8Array[], confirmed: Y.Snapshot): boolean {
  return updates.length > 0 && !Y.snapshotContainsUpdate(confirmed, Y.mergeUpdates(updates))
}

/** How far the server is known to have each client's changes. */
export type Clocks = Map<number, number>

/** Takes over clocks that are further than the known ones. */
export function raise(known: Clocks, clocks: Iterable<[number, number]>): void {
  for (const [client, clock] of clocks) known.set(client, Math.max(clock, known.get(client) ?? 0))
}

/** Takes over what a transaction brought from the server. */
export function advance(known: Clocks, transaction: Y.Transaction): void {
  for (const [client, clock] of transaction.afterState) {
    if (clock > (transaction.beforeState.get(client) ?? 0)) known.set(client, clock)
  }
}

/** The words of the document that the server is not known to have, a line for each block that has some. */
export function unsentWords(fragment: Y.XmlFragment, known: Clocks): string {
  const lines: string[] = []
  const visit = (parent: Y.XmlFragment): void => {
    for (const child of parent.toArray()) {
      if (child instanceof Y.XmlText) {
        const line = wordsOf(child, known)
        if (line) lines.push(line)
      } else if (child instanceof Y.XmlElement) visit(child)
    }
  }
  visit(fragment)
  return lines.join('\n')
}

function wordsOf(text: Y.XmlText, known: Clocks): string {
  let line = ''
  let gap = false
  for (let item = text._start; item; item = item.right) {
    if (item.deleted || !(item.content instanceof Y.ContentString)) continue
    const sent = Math.max(0, (known.get(item.id.client) ?? 0) - item.id.clock)
    const fresh = item.content.str.slice(sent)
    // Words from different places do not run together.
    if (fresh && line && (gap || sent > 0)) line += ' … '
    gap = !fresh
    line += fresh
  }
  return line
}
