/** A paste that no server would take in one piece is refused before it enters the document. */
import { Extension } from '@tiptap/core'
import { isChangeOrigin } from '@tiptap/extension-collaboration'
import { Plugin } from '@tiptap/pm/state'
import { ReplaceStep } from '@tiptap/pm/transform'

/** Characters of one change: as UTF-8 at most the 12 MiB that a server takes by default. */
const MOST = 4 * 1024 * 1024

export const LargeInsert = Extension.create<{ onRefused: () => void }>({
  name: 'largeInsert',
  addOptions: () => ({ onRefused: () => undefined }),
  addProseMirrorPlugins() {
    const { onRefused } = this.options
    return [
      new Plugin({
        filterTransaction: (transaction) => {
          if (!transaction.docChanged || isChangeOrigin(transaction)) return true
          let size = 0
          for (const step of transaction.steps) if (step instanceof ReplaceStep) size += step.slice.size
          if (size > MOST) onRefused()
          return size <= MOST
        },
      }),
    ]
  },
})
