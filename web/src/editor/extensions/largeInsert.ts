/** A paste that no server would take in one piece is refused before it enters the document. */
import { Extension } from '@tiptap/core'
import { isChangeOrigin } from '@tiptap/extension-collaboration'
import { Plugin } from '@tiptap/pm/state'
import { ReplaceStep } from '@tiptap/pm/transform'
import { MOST_INSERTED } from '../limits'

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
          if (size > MOST_INSERTED) onRefused()
          return size <= MOST_INSERTED
        },
      }),
    ]
  },
})
