import { mergeAttributes, Node } from '@tiptap/core'

declare module '@tiptap/core' {
  interface Commands<ReturnType> {
    pageBreak: { insertPageBreak: () => ReturnType }
  }
}

/** Starts a new page on paper. */
export const PageBreak = Node.create({
  name: 'pageBreak',
  group: 'block',
  atom: true,
  selectable: true,
  parseHTML: () => [{ tag: 'div[data-page-break]' }],
  renderHTML: ({ HTMLAttributes }) => ['div', mergeAttributes(HTMLAttributes, { 'data-page-break': '' })],
  addCommands() {
    return {
      // The caret goes on behind the break: on the break itself, the next word would replace it.
      insertPageBreak:
        () =>
        ({ chain, state }) => {
          const { parent } = state.selection.$from
          if (!parent.isTextblock || parent.type.spec.code) return false
          const start = parent.content.size > 0 ? chain().splitBlock() : chain()
          return start
            .command(({ tr }) => {
              tr.insert(tr.selection.$from.before(), this.type.create())
              return true
            })
            .scrollIntoView()
            .run()
        },
    }
  },
  addKeyboardShortcuts() {
    return { 'Mod-Enter': () => this.editor.commands.insertPageBreak() }
  },
})
