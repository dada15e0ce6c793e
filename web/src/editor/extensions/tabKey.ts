/** Tab belongs to the text: it indents. After Escape it moves on, as it does everywhere else on the page. */
import { Extension } from '@tiptap/core'
import { Plugin } from '@tiptap/pm/state'

export const TabKey = Extension.create({
  name: 'tabKey',
  // Last: lists, tables, code and open suggestions have uses of their own for both keys.
  priority: 1,

  addKeyboardShortcuts() {
    const indent = (by: 1 | -1) => () => {
      this.editor.commands.changeIndent(by)
      return true
    }
    return { Tab: indent(1), 'Shift-Tab': indent(-1) }
  },

  addProseMirrorPlugins() {
    let leaving = false
    const stay = () => {
      leaving = false
    }
    return [
      new Plugin({
        props: {
          handleKeyDown: (_view, { key }) => {
            if (key === 'Escape') leaving = true
            return false
          },
          handleDOMEvents: {
            keydown: (_view, { key }) => {
              // Handled here, the key is not the editor's, and the browser moves the focus.
              if (leaving && key === 'Tab') return true
              if (key !== 'Shift') leaving = false
              return false
            },
            mousedown: stay,
            blur: stay,
          },
        },
      }),
    ]
  },
})
