import type { Transaction } from '@tiptap/pm/state'

/** Does in a transaction what another one did, which began at the document that this one has come to. */
export function replay(done: Transaction, tr: Transaction): void {
  for (const step of done.steps) tr.step(step)
}
