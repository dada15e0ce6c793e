/** Takes the look away: formats of characters, alignment, spacing and indent. Links, notes and structure stay. */
import { Extension } from '@tiptap/core'

const LOOK = [
  'bold',
  'italic',
  'underline',
  'strike',
  'code',
  'subscript',
  'superscript',
  'highlight',
  'textStyle',
] as const
const PLAIN = { textAlign: null, lineHeight: null, indent: 0 }

declare module '@tiptap/core' {
  interface Commands<ReturnType> {
    clearFormatting: { clearFormatting: () => ReturnType }
  }
}

export const ClearFormatting = Extension.create({
  name: 'clearFormatting',
  addCommands() {
    return {
      clearFormatting:
        () =>
        ({ state, tr, dispatch }) => {
          if (!dispatch) return true
          for (const { $from, $to } of tr.selection.ranges) {
            for (const name of LOOK) {
              const type = state.schema.marks[name]
              if (type) tr.removeMark($from.pos, $to.pos, type).removeStoredMark(type)
            }
            tr.doc.nodesBetween($from.pos, $to.pos, (node, position) => {
              if (node.type.name !== 'paragraph' && node.type.name !== 'heading') return
              for (const [name, value] of Object.entries(PLAIN)) {
                if (node.attrs[name] !== value) tr.setNodeAttribute(position, name, value)
              }
            })
          }
          return true
        },
    }
  },
  addKeyboardShortcuts() {
    return { 'Mod-\\': () => this.editor.commands.clearFormatting() }
  },
})
