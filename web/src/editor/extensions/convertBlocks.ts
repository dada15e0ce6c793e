/**
 * Blocks that become headings, paragraphs or code keep what each of them has: its id, by which others' carets and words
 * find it again, and its layout. TipTap keeps that only where one block is chosen.
 */
import { Extension, getNodeType } from '@tiptap/core'
import { setBlockType } from '@tiptap/pm/commands'

export const ConvertBlocks = Extension.create({
  name: 'convertBlocks',
  addCommands() {
    return {
      setNode:
        (name, attributes = {}) =>
        ({ state: { schema }, chain }) => {
          const type = getNodeType(name, schema)
          if (!type.isTextblock) return false
          const possible = setBlockType(type, attributes)
          return chain()
            .command(({ state, commands }) => possible(state) || commands.clearNodes())
            .command(({ state, tr, dispatch }) => {
              if (!possible(state)) return false
              for (const { $from, $to } of dispatch ? state.selection.ranges : []) {
                tr.setBlockType($from.pos, $to.pos, type, (node) => ({ ...node.attrs, ...attributes }))
              }
              return true
            })
            .run()
        },
    }
  },
})
