/** Attributes that every text block may have: line spacing, indent and direction. */
import { Extension } from '@tiptap/core'

const MAX_INDENT = 8

declare module '@tiptap/core' {
  interface Commands<ReturnType> {
    blockAttributes: {
      setLineHeight: (value: string | null) => ReturnType
      changeIndent: (by: 1 | -1) => ReturnType
    }
  }
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
              return ['1', '1.15', '1.5', '2', '2.5', '3'].includes(value) ? value : null
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
      setLineHeight:
        (value) =>
        ({ commands }) =>
          ['paragraph', 'heading'].some((type) => commands.updateAttributes(type, { lineHeight: value })),
      changeIndent:
        (by) =>
        ({ state, tr, dispatch }) => {
          let changed = false
          state.doc.nodesBetween(state.selection.from, state.selection.to, (node, position) => {
            if (node.type.name !== 'paragraph' && node.type.name !== 'heading') return
            const indent = Math.max(0, Math.min(MAX_INDENT, Number(node.attrs.indent) + by))
            if (indent !== node.attrs.indent) {
              changed = true
              tr.setNodeAttribute(position, 'indent', indent)
            }
          })
          if (changed) dispatch?.(tr)
          return changed
        },
    }
  },
})
