/** Attributes that every text block may have: line spacing, indent and direction. */
import { Extension } from '@tiptap/core'
import type { Node } from '@tiptap/pm/model'
import type { Transaction } from '@tiptap/pm/state'
import schema from '../schema/schema.json'
import { endWithLine } from './wholeLines'

const { indent, lineHeight } = schema.nodes.paragraph.attributes
const MAX_INDENT = indent.most
export const LINE_HEIGHTS: string[] = lineHeight.choices
const TEXT_BLOCKS = ['paragraph', 'heading']

declare module '@tiptap/core' {
  interface Commands<ReturnType> {
    blockAttributes: {
      setLineHeight: (value: string | null) => ReturnType
      changeIndent: (by: 1 | -1) => ReturnType
    }
  }
}

/** The selected paragraphs and headings with their places; of selected cells, those of every cell. */
function selectedBlocks({ doc, selection }: Transaction): [Node, number][] {
  return selection.ranges.flatMap(({ $from, $to }) => {
    const found: [Node, number][] = []
    doc.nodesBetween($from.pos, $to.pos, (node, position) => {
      if (TEXT_BLOCKS.includes(node.type.name)) found.push([node, position])
    })
    return found
  })
}

export const BlockAttributes = Extension.create({
  name: 'blockAttributes',

  addGlobalAttributes() {
    return [
      {
        types: ['paragraph', 'heading'],
        attributes: {
          lineHeight: {
            default: null,
            parseHTML: (element) => {
              const value = element.style.lineHeight
              return LINE_HEIGHTS.includes(value) ? value : null
            },
            renderHTML: ({ lineHeight }) => (lineHeight ? { style: `line-height: ${lineHeight}` } : {}),
          },
          indent: {
            default: 0,
            parseHTML: (element) => Math.min(MAX_INDENT, Number(element.dataset.indent ?? 0) || 0),
            renderHTML: ({ indent }) =>
              indent ? { 'data-indent': indent, style: `margin-inline-start: ${Number(indent) * 2}em` } : {},
          },
          dir: {
            default: null,
            parseHTML: (element) => element.getAttribute('dir'),
            renderHTML: ({ dir }) => ({ dir: dir ?? 'auto' }),
          },
        },
      },
      {
        types: ['tableCell', 'tableHeader'],
        attributes: {
          backgroundColor: {
            default: null,
            parseHTML: (element) => element.style.backgroundColor || null,
            renderHTML: ({ backgroundColor }) =>
              backgroundColor ? { style: `background-color: ${backgroundColor}` } : {},
          },
        },
      },
    ]
  },

  addCommands() {
    return {
      setLineHeight: (value) => (props) => {
        const { tr, dispatch } = props
        endWithLine(props)
        for (const [, position] of dispatch ? selectedBlocks(tr) : []) {
          tr.setNodeAttribute(position, 'lineHeight', value)
        }
        return true
      },
      changeIndent: (by) => (props) => {
        const { tr, dispatch, commands, editor } = props
        endWithLine(props)
        // In a list the indent is the depth of the item.
        const item = ['taskItem', 'listItem'].find((name) => editor.isActive(name))
        if (item) return by > 0 ? commands.sinkListItem(item) : commands.liftListItem(item)
        let changed = false
        for (const [node, position] of selectedBlocks(tr)) {
          const indent = Math.max(0, Math.min(MAX_INDENT, Number(node.attrs.indent) + by))
          if (indent === node.attrs.indent) continue
          changed = true
          if (dispatch) tr.setNodeAttribute(position, 'indent', indent)
        }
        return changed
      },
    }
  },

  addKeyboardShortcuts() {
    return {
      'Mod-]': () => this.editor.commands.changeIndent(1),
      'Mod-[': () => this.editor.commands.changeIndent(-1),
    }
  },
})
