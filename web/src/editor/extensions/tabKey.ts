/** Tab belongs to the text: it indents. After Escape it moves on, as it does everywhere else on the page. */
import { Extension } from '@tiptap/core'
import { Plugin, TextSelection } from '@tiptap/pm/state'
import { isItem } from './lists'

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

/** In a table Tab goes to the next cell; at the beginning of an item it moves the item, as in every list. */
export const TabInCells = Extension.create({
  name: 'tabInCells',
  priority: 1000,

  addKeyboardShortcuts() {
    const move = (command: 'sinkListItem' | 'liftListItem') => () => {
      const { $from, empty } = this.editor.state.selection
      if (!(this.editor.state.selection instanceof TextSelection) || !empty || $from.parentOffset > 0) return false
      const item = $from.depth > 2 ? $from.node(-1) : null
      if (!this.editor.isActive('table') || !item || !isItem(item)) return false
      // An outermost item would leave its list: back it goes to the cell before.
      if (command === 'liftListItem' && $from.node(-3).type !== item.type) return false
      return this.editor.commands[command](item.type.name)
    }
    return { Tab: move('sinkListItem'), 'Shift-Tab': move('liftListItem') }
  },
})
