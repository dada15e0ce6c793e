/**
 * The caret goes with the words around it when somebody else moves them into another block: makes a heading or a list
 * of them, splits or joins a paragraph, merges cells. In the shared document such a block is a new one, and what the
 * caret held on to is gone. Without this the next letter would land in whatever stands behind.
 */
import { Extension } from '@tiptap/core'
import { isChangeOrigin } from '@tiptap/extension-collaboration'
import type { Node } from '@tiptap/pm/model'
import { TextSelection, type EditorState, type Transaction } from '@tiptap/pm/state'
import { CellSelection } from '@tiptap/pm/tables'
import { absolutePositionToRelativePosition, type ProsemirrorBinding } from '@tiptap/y-tiptap'
import * as Y from 'yjs'
import { bindingOf, isUndoOrRedo } from '../binding'

/** Letters on each side of the caret that are looked for, and how many of them tell that they are the same. */
const REACH = 64
const TELLING = 6
/** How much more a letter before a caret counts than one behind it. */
const BEFORE = 8

interface Block {
  node: Node
  /** Where its text begins. */
  start: number
}

interface Place {
  at: number
  score: number
}

/** The caret as the binding holds it while it takes in what came. */
interface Held {
  anchor: Y.RelativePosition
  head: Y.RelativePosition
  absAnchor: number
  absHead: number
}

export const FollowWords = Extension.create({
  name: 'followWords',
  dispatchTransaction({ transaction, next }) {
    if (!isChangeOrigin(transaction) || isUndoOrRedo(transaction)) {
      next(transaction)
      return
    }
    const { state } = this.editor
    const binding = bindingOf(state)
    const held = (binding?.beforeTransactionSelection ?? null) as Held | null
    const resolved = transaction.selection
    if (transaction.docChanged) follow(state, transaction, (end) => holdOf(binding?.doc, held?.[end]))
    else if (!resolved.eq(state.selection)) transaction.setSelection(state.selection)
    next(transaction)
    // More may come before the binding takes the caret anew.
    const isHeld =
      this.editor.state.selection.eq(resolved) &&
      [held?.anchor, held?.head].every((end) => holdOf(binding?.doc, end) !== null)
    if (binding && held && !isHeld) hold(binding, held, this.editor.state)
  },
})

function hold(binding: ProsemirrorBinding, held: Held, { selection: { anchor, head } }: EditorState): void {
  const relative = (at: number) =>
    absolutePositionToRelativePosition(at, binding.type, binding.mapping) as Y.RelativePosition
  Object.assign(held, { anchor: relative(anchor), head: relative(head), absAnchor: anchor, absHead: head })
}

function follow(
  { doc, selection }: EditorState,
  tr: Transaction,
  heldBy: (end: 'anchor' | 'head') => Hold | null,
): void {
  if (selection instanceof CellSelection) {
    keepCells(selection, tr)
    return
  }
  if (!(selection instanceof TextSelection) || !(tr.selection instanceof TextSelection)) return
  // A caret goes with what stands before it, which goes on there; a selection keeps both its ends' letters.
  const weight = selection.empty ? BEFORE : 1
  const [anchor, head] = (['anchor', 'head'] as const).map((end) =>
    placeOf(doc, selection[end], tr, tr.selection[end], weight, () => heldBy(end)),
  ) as [number, number]
  if (anchor === tr.selection.anchor && head === tr.selection.head) return
  tr.setSelection(TextSelection.between(tr.doc.resolve(anchor), tr.doc.resolve(head)))
}

/** Cells are known by their ids: what the binding found for them is text. */
function keepCells(selection: CellSelection, tr: Transaction): void {
  const wanted = [selection.$anchorCell, selection.$headCell].map((cell) => cell.nodeAfter?.attrs.id as string | null)
  const found = new Map<string, number>()
  tr.doc.descendants((node, at) => {
    const id = node.attrs.id as string | null
    if (id && wanted.includes(id)) found.set(id, at)
    return !node.isTextblock
  })
  const [anchor, head] = wanted.map((id) => found.get(id ?? ''))
  if (anchor === undefined || head === undefined) return
  const [$anchor, $head] = [tr.doc.resolve(anchor), tr.doc.resolve(head)]
  if ($anchor.node(-1) === $head.node(-1)) tr.setSelection(new CellSelection($anchor, $head))
}

/** What of the shared document holds a position: the letter behind it, or only the text that it stands in. */
type Hold = 'letter' | 'text'

/** Null if not even the text is there. */
function holdOf(doc: Y.Doc | undefined, held: Y.RelativePosition | undefined): Hold | null {
  if (!doc || !held) return null
  let type = Y.createAbsolutePositionFromRelativePosition(held, doc)?.type ?? null
  if (type === null) return null
  while (type?._item) {
    if (type._item.deleted) return null
    type = type._item.parent as Y.AbstractType<unknown>
  }
  return held.item && !Y.getItem(doc.store, held.item).deleted ? 'letter' : 'text'
}

/** Where the words around an old position are now; `resolved` is where the binding puts it. */
function placeOf(
  old: Node,
  position: number,
  tr: Transaction,
  resolved: number,
  weight: number,
  heldBy: () => Hold | null,
): number {
  const $old = old.resolve(position)
  const $new = tr.doc.resolve(resolved)
  const { id } = $old.parent.attrs as { id?: string | null }
  if (!$old.parent.isTextblock || $new.parent === $old.parent) return resolved
  const text = textOf($old.parent)
  const before = text.slice(Math.max(0, $old.parentOffset - REACH), $old.parentOffset)
  const after = text.slice($old.parentOffset, $old.parentOffset + REACH)
  const same = $new.parent.isTextblock && Boolean(id) && $new.parent.attrs.id === id
  const now = textOf($new.parent)
  const isBehind = (letters: string): boolean => now.endsWith(letters, $new.parentOffset)
  const isBehindSame = isBehind(before.slice(-1))
  const held = heldBy()
  // A blank is behind any word.
  if (same && isBehindSame && (held === 'letter' || isBehind(before.slice(-TELLING)))) return resolved
  const alive = held !== null
  const kept = alive ? scoreAt(now, $new.parentOffset, before, after, weight) : -1
  let best: Place | null = null
  for (const block of changedTexts(tr)) {
    const sameBlock = Boolean(id) && block.node.attrs.id === id
    if (alive && block.node === $new.parent && (isBehindSame || weight === 1)) continue
    const found = bestPlace(textOf(block.node), before, after, $old.parentOffset, weight)
    const telling = found.score >= Math.max(1, Math.min(before.length + after.length, TELLING))
    if (!(sameBlock && !alive) && (!telling || found.score <= kept)) continue
    const score = found.score + (sameBlock ? 0.5 : 0)
    if (best === null || score > best.score) best = { at: block.start + found.at, score }
  }
  return best?.at ?? resolved
}

/** Every child that is no letter counts as one. */
function textOf(block: Node): string {
  return block.textBetween(0, block.content.size, null, '\ufffc')
}

function scoreAt(text: string, at: number, before: string, after: string, weight: number): number {
  let [left, right] = [0, 0]
  while (left < Math.min(at, before.length) && text[at - 1 - left] === before[before.length - 1 - left]) left += 1
  while (right < after.length && at + right < text.length && text[at + right] === after[right]) right += 1
  return weight * left + right
}

/** The place in a text that has most of the same letters around it; of equal ones, the nearest to an offset. */
function bestPlace(text: string, before: string, after: string, offset: number, weight: number): Place {
  let best: Place = { at: Math.min(offset, text.length), score: 0 }
  for (let at = 0; at <= text.length; at += 1) {
    const score = scoreAt(text, at, before, after, weight)
    const nearer = Math.abs(at - offset) < Math.abs(best.at - offset)
    if (score > best.score || (score === best.score && nearer)) best = { at, score }
  }
  return best
}

/** The blocks of text that a transaction brought. */
function changedTexts(tr: Transaction): Block[] {
  const known = new Set<Node>()
  const found: Block[] = []
  tr.mapping.maps.forEach((map, index) => {
    const rest = tr.mapping.slice(index + 1)
    map.forEach((oldFrom, oldTo, newFrom, newTo) => {
      tr.docs[index]?.nodesBetween(oldFrom, oldTo, (node) => {
        if (node.isTextblock) known.add(node)
        return !node.isTextblock
      })
      tr.doc.nodesBetween(rest.map(newFrom, -1), rest.map(newTo, 1), (node, at) => {
        if (node.isTextblock && !known.has(node)) found.push({ node, start: at + 1 })
        return !node.isTextblock
      })
    })
  })
  return found
}
