import type { EditorState, Transaction } from '@tiptap/pm/state'
import { Plugin } from '@tiptap/pm/state'

/** The same plugins, which add to transactions only where that is `wanted`. */
export function appendingWhere(
  plugins: Plugin[],
  wanted: (transactions: readonly Transaction[], before: EditorState) => boolean,
): Plugin[] {
  return plugins.map(({ spec }) => {
    const append = spec.appendTransaction
    if (!append) return new Plugin(spec)
    return new Plugin({
      ...spec,
      appendTransaction(this: Plugin, transactions, before, state) {
        return wanted(transactions, before) ? append.call(this, transactions, before, state) : null
      },
    })
  })
}
