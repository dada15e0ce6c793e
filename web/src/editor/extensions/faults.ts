/** A fault inside the editor: first the words are saved, then the page is told. */
import { Extension } from '@tiptap/core'
import { isChangeOrigin } from '@tiptap/extension-collaboration'
import { bindingOf } from '../binding'

/** The bundle that holds the editor: faults thrown by other scripts, such as a browser extension's, are not its own. */
const SCRIPT = new URL(import.meta.url).pathname

export const Faults = Extension.create<{ onFault: (fault: unknown) => void }, { stop: () => void }>({
  name: 'faults',
  // Outermost: every other extension's part of a transaction runs inside.
  priority: 10_000,
  addStorage: () => ({ stop: () => undefined }),
  dispatchTransaction({ transaction, next }) {
    try {
      next(transaction)
    } catch (fault) {
      const binding = bindingOf(this.editor.state)
      if (binding) {
        // The key that met the fault is in the transaction, but perhaps not yet in the shared text.
        const mine = transaction.docChanged && !isChangeOrigin(transaction)
        if (mine) binding.mux(() => binding._prosemirrorChanged(transaction.doc))
        // The editor may lag behind the shared text now: nothing of it may overwrite that.
        binding.mux = () => undefined
      }
      this.options.onFault(fault)
      throw fault
    }
  },
  onCreate() {
    const listen = ({ error }: ErrorEvent) => {
      if (error instanceof Error && error.stack?.includes(SCRIPT)) this.options.onFault(error)
    }
    window.addEventListener('error', listen)
    this.storage.stop = () => window.removeEventListener('error', listen)
  },
  onDestroy() {
    this.storage.stop()
  },
})
