import { Extension } from '@tiptap/core'
import { sizeOf } from '../look'

export const [SMALLEST, LARGEST] = [6, 96]
/** The nearest size that is offered: halves of points. */
export const sizeWithin = (points: number) => Math.min(LARGEST, Math.max(SMALLEST, Math.round(points * 2) / 2))

declare module '@tiptap/core' {
  interface Commands<ReturnType> {
    sizeSteps: { changeFontSize: (by: 1 | -1) => ReturnType }
  }
}

/** Text grows and shrinks by a point, every piece of the selection from its own size. */
export const SizeSteps = Extension.create({
  name: 'sizeSteps',
  // Before subscript and superscript, which have the same keys without Shift.
  priority: 110,
  addCommands() {
    return {
      changeFontSize:
        (by) =>
        ({ state, tr, dispatch, commands }) => {
          const { selection, storedMarks, schema } = state
          const { $from } = selection
          const next = (...[block, marks]: Parameters<typeof sizeOf>) => `${sizeWithin(sizeOf(block, marks) + by)}pt`
          if (selection.empty) return commands.setFontSize(next($from.parent, storedMarks ?? $from.marks()))
          const type = schema.marks.textStyle
          if (!type || !dispatch) return true
          for (const range of selection.ranges) {
            const [from, to] = [range.$from.pos, range.$to.pos]
            tr.doc.nodesBetween(from, to, (node, position, parent) => {
              if (!node.isText || !parent?.type.allowsMarkType(type)) return
              const attributes = { ...type.isInSet(node.marks)?.attrs, fontSize: next(parent, node.marks) }
              tr.addMark(Math.max(from, position), Math.min(to, position + node.nodeSize), type.create(attributes))
            })
          }
          return true
        },
    }
  },
  addKeyboardShortcuts() {
    return {
      'Mod-Shift-.': () => this.editor.commands.changeFontSize(1),
      'Mod-Shift-,': () => this.editor.commands.changeFontSize(-1),
    }
  },
})
