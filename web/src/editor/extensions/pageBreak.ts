import { mergeAttributes, Node } from '@tiptap/core'
import { Fragment, Slice, type Attrs, type Node as Block, type ResolvedPos } from '@tiptap/pm/model'
import { NodeSelection, Selection, TextSelection, type Transaction } from '@tiptap/pm/state'
import { caretBehind, insertBlocks, isInCode } from '../insert'

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
      insertPageBreak:
        () =>
        ({ tr }) =>
          insertBetweenPages(tr, this.type.create()),
    }
  },
  addKeyboardShortcuts() {
    return { 'Mod-Enter': () => this.editor.commands.insertPageBreak() }
  },
})

/** Pages end between blocks of the document: a list or a quote is split there; a table stays whole, and is before. */
function insertBetweenPages(tr: Transaction, pageBreak: Block): boolean {
  if (isInCode(tr.selection)) return false
  if (tr.selection instanceof TextSelection && !tr.selection.empty) tr.deleteSelection()
  const { $from, $to } = tr.selection
  const $at = tr.selection instanceof NodeSelection ? $to : $from
  if ($at.depth === 0 || $at.node(1).isTextblock) return insertBlocks(tr, [pageBreak])
  const { place, behind } = edgeBy($at)
  const { pos, depth } = place
  const slice = between(place, pageBreak)
  tr.replace(pos, pos, slice)
  if (behind) caretBehind(tr, pos + depth + pageBreak.nodeSize)
  else tr.setSelection(Selection.near(tr.doc.resolve(pos + slice.size), 1)).scrollIntoView()
  return true
}

/** The outermost place with the same words before and behind it; and whether it is behind a whole block. */
function edgeBy($at: ResolvedPos): { place: ResolvedPos; behind: boolean } {
  const depths = Array.from({ length: $at.depth }, (_, above) => $at.depth - above)
  const isolated = depths.some((depth) => $at.node(depth).type.spec.isolating)
  if (isolated) return { place: $at.doc.resolve($at.after(1)), behind: true }
  let at = $at.pos
  for (const depth of depths) if (at === $at.start(depth)) at = $at.before(depth)
  const behind = at === $at.pos && at === $at.end()
  if (behind) for (const depth of depths) if (at === $at.end(depth)) at = $at.after(depth)
  return { place: $at.doc.resolve(at), behind }
}

/** A block with the ends of everything around a place before it, and the beginnings of the same behind it. */
function between(place: ResolvedPos, block: Block): Slice {
  let [before, behind] = [Fragment.empty, Fragment.empty]
  for (let depth = place.depth; depth > 0; depth -= 1) {
    const node = place.node(depth)
    const inside = depth < place.depth
    const next = inside ? place.node(depth + 1) : place.nodeAfter
    // An item begins with a paragraph, also where only the list inside it goes on.
    const missing = next && node.type.contentMatch.fillBefore(Fragment.from(next))
    const attrs: Attrs = { ...node.attrs, id: null }
    if (node.type.name === 'orderedList') {
      Object.assign(attrs, { start: Number(node.attrs.start) + place.index(depth) + Number(inside) })
    }
    before = Fragment.from(node.copy(before))
    behind = Fragment.from(node.type.create(attrs, (missing ?? Fragment.empty).append(behind)))
  }
  return new Slice(before.addToEnd(block).append(behind), place.depth, place.depth)
}
