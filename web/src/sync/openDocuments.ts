/** The documents open in this tab, for what must wait until nothing is unsaved or must end with them. */
import { Observable } from './observable'
import { survives, type Kept } from './storage/localCopy'

interface OpenDocument {
  readonly documentId: string
  /** Whether the server lacks something that was typed here. */
  readonly unsaved: boolean
  readonly state: Observable<{ readonly kept: Kept }>
  note(): Promise<void>
  noteLast(): void
  close(): Promise<void>
}

const open = new Set<OpenDocument>()

/** Counts the documents that were closed in this tab. */
export const closings = new Observable(0)

/** Counts a document as open. Returns how to end that. */
export function register(document: OpenDocument): () => void {
  const onUnload = (event: BeforeUnloadEvent): void => {
    if (endsHere(document)) event.preventDefault()
  }
  const onHide = (): void => document.noteLast()
  open.add(document)
  window.addEventListener('beforeunload', onUnload)
  window.addEventListener('pagehide', onHide)
  return () => {
    open.delete(document)
    window.removeEventListener('beforeunload', onUnload)
    window.removeEventListener('pagehide', onHide)
    closings.set(closings.get() + 1)
  }
}

/** Whether this tab has it open. */
export function isOpenHere(documentId: string): boolean {
  return [...open].some((document) => document.documentId === documentId)
}

/** Whether the document ends with this tab: the server lacks something of it, and so does the local copy. */
function endsHere(document: OpenDocument): boolean {
  return document.unsaved && !survives(document.state.get().kept)
}

/** How many documents of this tab hold what would be lost with it. */
export function unkept(): number {
  return [...open].filter(endsHere).length
}

/** Brings the local copies up to date with what the server has; one that cannot be written keeps nobody waiting. */
export async function noteOpen(): Promise<void> {
  await Promise.allSettled([...open].map((document) => document.note()))
}

/** Resolves when the server has everything that was typed in this tab. */
export function whenSaved(): Promise<void> {
  const waiting = [...open].filter((document) => document.unsaved)
  return Promise.all(
    waiting.map(
      (document) =>
        new Promise<void>((resolve) => {
          const stop = document.state.subscribe(() => {
            if (document.unsaved) return
            stop()
            resolve()
          })
        }),
    ),
  ).then(() => undefined)
}

/** Closes all; signing out goes on whatever one of them fails at. */
export async function closeDocuments(): Promise<void> {
  await Promise.allSettled([...open].map((document) => document.close()))
}
