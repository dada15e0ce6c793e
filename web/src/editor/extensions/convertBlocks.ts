/**
 * Blocks that become headings, paragraphs or code keep what each of them has: its id, by which others' carets and words
 * find it again, and its layout. TipTap keeps that only where one block is chosen.
 */
import { commands as core, Extension, getNodeType } from '@tiptap/core'
import { setBlockType } from '@tiptap/pm/commands'
import type { Attrs, Node, NodeType } from '@tiptap/pm/model'
import type { Transaction } from '@tiptap/pm/state'
import { CellSelection } from '@tiptap/pm/tables'
import { findWrapping, liftTarget } from '@tiptap/pm/transform'
import { inEachCell } from '../table/eachCell'
import { endWithLine } from './wholeLines'

export const ConvertBlocks = Extension.create({
  name: 'convertBlocks',
  addCommands() {
    return {
      clearNodes: () => (props) => {
        const { tr } = props
        const known = tr.selection.ranges.flatMap(({ $from, $to }) => textblocks(tr.doc, $from.pos, $to.pos))
        const steps = tr.steps.length
        if (!core.clearNodes()(props)) return false
        for (const [at, attrs] of props.dispatch ? known : []) {
          const $inside = tr.doc.resolve(tr.mapping.slice(steps).map(at + 1))
          for (const [name, value] of Object.entries(attrs)) {
            if (name in $inside.parent.attrs) tr.setNodeAttribute($inside.before(), name, value)
          }
        }
        return true
      },
      toggleWrap: (name, attributes) => (props) => {
        const { tr, state, dispatch, editor } = props
        endWithLine(props)
        const type = getNodeType(name, state.schema)
        if (!(tr.selection instanceof CellSelection)) return core.toggleWrap(name, attributes)(props)
        const away = editor.isActive(type.name)
        return !dispatch || inEachCell(tr, () => (away ? unwrap(tr, type) : wrap(tr, type))) === true
      },
      setNode:
        (name, attributes = {}) =>
        (props) => {
          const { chain } = props
          const { schema } = props.state
          endWithLine(props)
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

function textblocks(doc: Node, from: number, to: number): [number, Attrs][] {
  const found: [number, Attrs][] = []
  doc.nodesBetween(from, to, (node, at) => {
    if (node.isTextblock) found.push([at, node.attrs])
  })
  return found
}

function wrap(tr: Transaction, type: NodeType): boolean {
  const range = tr.selection.$from.blockRange(tr.selection.$to)
  const around = range && findWrapping(range, type)
  if (range && around) tr.wrap(range, around)
  return Boolean(around)
}

function unwrap(tr: Transaction, type: NodeType): boolean {
  const range = tr.selection.$from.blockRange(tr.selection.$to, (node) => node.type === type)
  const depth = range && liftTarget(range)
  if (range && typeof depth === 'number') tr.lift(range, depth)
  return typeof depth === 'number'
}
