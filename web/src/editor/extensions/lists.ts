/** Lists as word processors have them: of several blocks and cells at once, one list where two meet, and one key to join. */
import { commands as core, Extension, findParentNodeClosestToPos, getNodeType, type Editor } from '@tiptap/core'
import { isChangeOrigin } from '@tiptap/extension-collaboration'
import { Fragment, type Node, type NodeType, type ResolvedPos } from '@tiptap/pm/model'
import { liftListItem } from '@tiptap/pm/schema-list'
import { EditorState, Plugin, Selection, TextSelection, type Transaction } from '@tiptap/pm/state'
import { replay } from '../replay'
import { inEachCell } from '../table/eachCell'
import { endWithLine } from './wholeLines'

const LISTS = ['bulletList', 'orderedList', 'taskList']
const ITEMS = ['listItem', 'taskItem']
const isList = (node?: Node | null) => LISTS.includes(node?.type.name ?? '')
export const isItem = (node?: Node | null) => ITEMS.includes(node?.type.name ?? '')

export const Lists = Extension.create({
  name: 'lists',
  // Before TipTap's own keys for lists.
  priority: 110,

  addKeyboardShortcuts() {
    const { editor } = this
    return { Delete: () => joinFollowing(editor), Enter: () => itemBefore(editor) || breakOver(editor) }
  },

  addProseMirrorPlugins() {
    return [new Plugin({ appendTransaction: (transactions, _before, state) => joinLists(transactions, state) })]
  },
})

/** Lists made of several blocks: TipTap's own command takes one list, or blocks without one. */
export const ListCommands = Extension.create({
  name: 'listCommands',
  addCommands() {
    return {
      toggleList: (listName, itemName, keepMarks, attributes) => (props) => {
        const { tr, state, dispatch } = props
        endWithLine(props)
        const [list, item] = [getNodeType(listName, state.schema), getNodeType(itemName, state.schema)]
        const blocks = blocksIn(tr)
        if (blocks.length < 2) return core.toggleList(listName, itemName, keepMarks, attributes)(props)
        const away = blocks.every(($block) => listAround($block)?.type === list)
        if (!dispatch) return true
        return (
          inEachCell(tr, () => (away ? lift(tr, item) : makeList(tr, list, item))) ??
          (away ? core.toggleList(listName, itemName, keepMarks, attributes)(props) : makeList(tr, list, item))
        )
      },
    }
  },
})

/** A place in each block of text that is selected. */
function blocksIn({ doc, selection }: Transaction): ResolvedPos[] {
  return selection.ranges.flatMap(({ $from, $to }) => {
    const found: ResolvedPos[] = []
    doc.nodesBetween($from.pos, $to.pos, (node, at) => {
      if (node.isTextblock) found.push(doc.resolve(at + 1))
      return !node.isTextblock
    })
    return found
  })
}

function listAround($pos: ResolvedPos): Node | undefined {
  return findParentNodeClosestToPos($pos, isList)?.node
}

function lift(tr: Transaction, item: NodeType): boolean {
  const state = EditorState.create({ doc: tr.doc, selection: tr.selection })
  return liftListItem(item)(state, (done) => replay(done, tr))
}

/** Makes the selected lists lists of this kind, nested ones too, and items of the selected paragraphs and headings. */
function makeList(tr: Transaction, list: NodeType, item: NodeType): boolean {
  const { selection } = tr
  const { $from, $to, from, to } = selection
  const range = $from.blockRange($to, (node) => !isList(node) && !isItem(node))
  if (!range) return false
  const before = tr.steps.length
  const inside = $from.start(range.depth)
  const children: [Node, number][] = []
  range.parent.forEach((node, offset, index) => {
    if (index >= range.startIndex && index < range.endIndex) children.push([node, inside + offset])
  })
  for (const [node, at] of children) {
    const converted = isList(node) ? convert(node, at, { from, to, list, item }) : node
    // A list of another kind has the same size: every position stays.
    if (converted !== node) tr.replaceWith(at, at + node.nodeSize, converted)
  }
  tr.setSelection(Selection.fromJSON(tr.doc, selection.toJSON()))
  const { paragraph } = tr.doc.type.schema.nodes
  for (const [node, at] of children.reverse()) {
    if (node.type.name !== 'paragraph' && node.type.name !== 'heading') continue
    if (paragraph) tr.setBlockType(at, at + node.nodeSize, paragraph, node.attrs)
    const block = tr.doc.resolve(at + 1).blockRange()
    if (block) tr.wrap(block, [{ type: list }, { type: item }])
  }
  const container = tr.doc.resolve(range.start).node(range.depth)
  const ends: number[] = []
  container.forEach((node, offset) => {
    const end = inside + offset + node.nodeSize
    if (end >= range.start && end <= tr.mapping.map(range.end)) ends.push(end)
  })
  for (const end of ends.reverse()) joinAt(tr, end, list)
  return tr.steps.length > before
}

interface Wish {
  from: number
  to: number
  list: NodeType
  item: NodeType
}

/** A list in which every list with selected words of its own is of the kind that is wished. */
function convert(node: Node, at: number, wish: Wish): Node {
  if (at >= wish.to || at + node.nodeSize <= wish.from) return node
  let own = false
  const items: Node[] = []
  node.forEach((item, offset) => {
    const children: Node[] = []
    item.forEach((child, inner) => {
      const start = at + 1 + offset + 1 + inner
      if (isList(child)) children.push(convert(child, start, wish))
      else {
        own ||= start < wish.to && start + child.nodeSize > wish.from
        children.push(child)
      }
    })
    items.push(item.copy(Fragment.from(children)))
  })
  if (!own) return node.copy(Fragment.from(items))
  const made = items.map((item) =>
    item.type === wish.item ? item : wish.item.create({ id: item.attrs.id as string }, item.content),
  )
  return wish.list.create({ id: node.attrs.id as string }, made)
}

/** Joins two lists of one kind that meet at a place, unless the second is numbered on its own. */
function joinAt(tr: Transaction, at: number, kind?: NodeType): void {
  const { nodeBefore, nodeAfter } = tr.doc.resolve(at)
  if (!nodeBefore || !isList(nodeBefore) || nodeBefore.type !== nodeAfter?.type || (kind && nodeBefore.type !== kind))
    return
  const start = nodeAfter.attrs.start as number | undefined
  if (start === undefined || start === 1 || start === nodeBefore.attrs.start) tr.join(at)
}

/** Where somebody erased what stood between two lists of one kind, they are one: numbers go on. */
function joinLists(transactions: readonly Transaction[], state: EditorState): Transaction | null {
  if (transactions.some((one) => isChangeOrigin(one) || one.getMeta('addToHistory') === false)) return null
  const places = new Set<number>()
  transactions.forEach((one, number) =>
    one.mapping.maps.forEach((map, index) =>
      map.forEach((oldFrom, oldTo, newFrom, newTo) => {
        if (newFrom !== newTo || oldFrom === oldTo) return
        const here = one.mapping.slice(index + 1).map(newFrom)
        places.add(transactions.slice(number + 1).reduce((at, later) => later.mapping.map(at), here))
      }),
    ),
  )
  const { tr } = state
  for (const place of [...places].sort((a, b) => b - a)) {
    const $place = tr.doc.resolve(place)
    if (!$place.parent.isTextblock) joinAt(tr, place)
    // What was joined to the last item stands at its end.
    for (let depth = $place.depth; depth > 0 && $place.after(depth) === place + $place.depth - depth + 1; depth -= 1) {
      joinAt(tr, $place.after(depth))
    }
  }
  return tr.docChanged ? tr : null
}

/** Erasing forwards at the end of a text brings the words of the item that follows; what hangs on the item stays. */
function joinFollowing({ state, view }: Editor): boolean {
  const { selection, doc, tr } = state
  if (!(selection instanceof TextSelection) || !selection.$cursor) return false
  const { $cursor } = selection
  if (!$cursor.depth || $cursor.parentOffset < $cursor.parent.content.size || $cursor.parent.type.spec.code)
    return false
  // An empty line goes, and the list stays as it is.
  if ($cursor.parent.content.size === 0 && !isItem($cursor.node(-1))) return false
  // The next words, with nothing but edges of lists and items between.
  let at = $cursor.after()
  for (let $at = doc.resolve(at); !$at.nodeAfter?.isTextblock; $at = doc.resolve(at)) {
    const { nodeAfter, parent } = $at
    if (nodeAfter ? !isList(nodeAfter) && !isItem(nodeAfter) : !isList(parent) && !isItem(parent)) return false
    at += 1
  }
  const $next = doc.resolve(at)
  const item = $next.parent
  if (!isItem(item) || $next.index() > 0 || $next.before() < $cursor.pos) return false
  const words = item.child(0).content
  const [start, end] = [$next.before(), $next.after()]
  const promoted = itemsOf(item)
  const list = $next.node(-1)
  if (list.childCount === 1 && promoted.length === 0) tr.delete(start - 1, end + 1)
  else tr.replaceWith(start, end, promoted)
  tr.insert($cursor.pos, words).setSelection(TextSelection.create(tr.doc, $cursor.pos))
  view.dispatch(tr.scrollIntoView())
  return true
}

/** What is left of an item without its first words, as items. */
function itemsOf(item: Node): Node[] {
  const found: Node[] = []
  item.content.content.slice(1).forEach((child) => {
    const last = found.at(-1)
    if (isList(child)) {
      child.forEach((one) => found.push(one.type === item.type ? one : item.type.create(null, one.content)))
    } else if (child.type.name === 'paragraph') found.push(item.type.create(null, child))
    else if (last) found[found.length - 1] = last.copy(last.content.addToEnd(child))
    else {
      const empty = child.type.schema.nodes.paragraph?.create()
      if (empty) found.push(item.type.create(null, [empty, child]))
    }
  })
  return found
}

/** At the start of a task that is done, Enter makes an empty one above: the tick stays with its words. */
function itemBefore({ state, view }: Editor): boolean {
  const { $from, empty } = state.selection
  const task = $from.depth > 1 ? $from.node(-1) : null
  if (!empty || task?.type.name !== 'taskItem' || task.attrs.checked !== true) return false
  if ($from.parentOffset > 0 || $from.index(-1) > 0 || $from.parent.content.size === 0) return false
  const fresh = task.type.createAndFill()
  if (fresh) view.dispatch(state.tr.insert($from.before(-1), fresh).scrollIntoView())
  return fresh !== null
}

/**
 * Enter over several blocks puts a break in their place, as a letter would stand there: what is before stays, what is
 * behind gets an item or a block of its own. TipTap's command may delete a list with its words, and then finds nothing
 * that it could split.
 */
function breakOver({ state, view }: Editor): boolean {
  const { selection, tr } = state
  const { $from, $to, from, to } = selection
  const { paragraph } = state.schema.nodes
  if (!(selection instanceof TextSelection) || $from.sameParent($to) || !paragraph) return false
  const shared = $from.sharedDepth(to)
  if ([$from, $to].some(($end) => cellAround($end, shared))) return false
  const [item, last] = [$from.node(-1), $to.parent]
  const heading = last.type.name === 'heading' && !isItem(item) && $to.parentOffset < last.content.size
  const behind = heading || last.type === paragraph ? { type: last.type, attrs: last.attrs } : { type: paragraph }
  tr.delete(from, to)
  if (isItem(item)) tr.split(from, 2, [{ type: item.type }, behind])
  else tr.split(from, 1, [behind])
  view.dispatch(tr.scrollIntoView())
  return true
}

/** Whether a place is in a cell, or in another block that is edited by itself, below some depth. */
function cellAround($pos: ResolvedPos, depth: number): boolean {
  for (let inner = depth + 1; inner <= $pos.depth; inner += 1) if ($pos.node(inner).type.spec.isolating) return true
  return false
}
