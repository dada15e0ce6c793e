/**
 * The colours of code whose language is known. A block is read anew when it changes, and no other: reading takes much
 * longer than all else that a key does.
 */
import { Plugin, PluginKey, type Transaction } from '@tiptap/pm/state'
import { Decoration, DecorationSet } from '@tiptap/pm/view'
import type { Node } from '@tiptap/pm/model'
import type { createLowlight } from 'lowlight'

type Lowlight = ReturnType<typeof createLowlight>
type Parts = ReturnType<Lowlight['highlight']>['children']

/** Letters of a block that is read: for some words a grammar takes the square of their number. */
const MOST = 10_000
/** How long reading may take, and how often more on one page: somebody wrote what takes longest. */
const PATIENCE_MS = 250
const MOST_SLOW = 3

interface Coloured {
  decorations: DecorationSet
  /** The blocks of code by their places. */
  blocks: ReadonlyMap<number, Node>
}

export function colouring(name: string, lowlight: Lowlight): Plugin<Coloured> {
  let slow = 0

  const read = (block: Node): Parts => {
    const language = block.attrs.language as string | null
    if (slow >= MOST_SLOW || !language || !lowlight.registered(language) || block.content.size > MOST) return []
    const started = performance.now()
    const { children } = lowlight.highlight(language, block.textContent)
    if (performance.now() - started >= PATIENCE_MS) slow += 1
    return children
  }

  const colour = (doc: Node, before: Coloured, tr: Transaction | null): Coloured => {
    const blocks = new Map<number, Node>()
    doc.descendants((node, at) => {
      if (node.type.name === name) blocks.set(at, node)
      return !node.isTextblock
    })
    const stayed = new Set<number>()
    let { decorations } = before
    if (tr) {
      const { mapping } = tr
      decorations = decorations.map(mapping, doc)
      for (const [was, node] of before.blocks) {
        const { pos, deletedAfter } = mapping.mapResult(was)
        if (!deletedAfter && blocks.get(pos) === node) stayed.add(pos)
        // Its words may stand in a block of another kind by now.
        else decorations = decorations.remove(decorations.find(mapping.map(was, -1), mapping.map(was + node.nodeSize)))
      }
    }
    for (const [at, node] of blocks) {
      if (!stayed.has(at)) decorations = decorations.add(doc, marked(read(node), at + 1))
    }
    return { decorations, blocks }
  }

  const key = new PluginKey<Coloured>('colouring')
  return new Plugin<Coloured>({
    key,
    state: {
      init: (_, { doc }) => colour(doc, { decorations: DecorationSet.empty, blocks: new Map() }, null),
      apply: (tr, before, _, { doc }) => (tr.docChanged ? colour(doc, before, tr) : before),
    },
    props: { decorations: (state) => key.getState(state)?.decorations },
  })
}

/** Decorations for the parts of a text that begins at a place. */
function marked(parts: Parts, from: number): Decoration[] {
  const found: Decoration[] = []
  let at = from
  const walk = (within: Parts, classes: readonly unknown[]): void => {
    for (const part of within) {
      if (part.type === 'element') walk(part.children as Parts, [...classes, ...[part.properties.className].flat()])
      else if (part.type === 'text') {
        const end = at + part.value.length
        if (classes.length > 0) found.push(Decoration.inline(at, end, { class: classes.join(' ') }))
        at = end
      }
    }
  }
  walk(parts, [])
  return found
}
