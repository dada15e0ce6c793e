/** A new title that the server has not heard of yet: kept until it has, with the version it was chosen over. */
import { readJson, writeItem } from '../../browser/storage'
import { TITLE } from '../../sync/storage/notes'

export interface PendingTitle {
  title: string
  version: number
}

/** The title that waits, if one does. */
export function keptTitle(person: string, documentId: string): PendingTitle | null {
  return readJson<PendingTitle>(keyOf(person, documentId))
}

/** Keeps a title until the server has it; null when it has. */
export function keepTitle(person: string, documentId: string, pending: PendingTitle | null): void {
  writeItem(keyOf(person, documentId), pending && JSON.stringify(pending))
}

function keyOf(person: string, documentId: string): string {
  return `${TITLE}${person}:${documentId}`
}
