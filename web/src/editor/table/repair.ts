/**
 * Makes uneven tables even. Two people may do so at once: the cells that each adds to the same row have the same ids,
 * so that the next repair knows the empty ones of them for twins.
 */
import * as buffer from 'lib0/buffer'
import { digest } from 'lib0/hash/sha256'
import { encodeUtf8 } from 'lib0/string'
import type { Node } from '@tiptap/pm/model'
import { EditorState, type Transaction } from '@tiptap/pm/state'
import { fixTables, TableMap } from '@tiptap/pm/tables'
import { replay } from '../replay'

/** A table that is not even after this many turns stays as it is; tables of random cells take ten at most. */
const MOST_TURNS = 100

/** Undefined when all tables are even. Nobody's step: undone, it would only be made again by the next key. */
export function repairTables(state: EditorState): Transaction | undefined {
  const { tr } = state
  // What fills one row may stand in the way of another one's tall cells.
  for (let turn = 0; turn < MOST_TURNS && repairOnce(tr); turn += 1);
  return tr.docChanged ? tr.setMeta('addToHistory', false) : undefined
}

/** Whether anything was uneven. */
function repairOnce(tr: Transaction): boolean {
  const uneven = unevenIn(tr.doc)
  const before = tr.steps.length
  // From the end, so that the places before stay where they are.
  for (const [table, at] of uneven.toReversed()) removeTwins(tr, table, at)
  const filled = fixTables(EditorState.create({ doc: tr.doc }))
  if (filled) replay(filled, tr)
  for (const [, at] of uneven) {
    const place = tr.mapping.slice(before).map(at)
    const table = tr.doc.nodeAt(place)
    if (table) nameCells(tr, table, place)
  }
  return uneven.length > 0
}

function unevenIn(doc: Node): [Node, number][] {
  const found: [Node, number][] = []
  doc.descendants((node, at) => {
    if (node.type.spec.tableRole === 'table' && TableMap.get(node).problems) found.push([node, at])
  })
  return found
}

function removeTwins(tr: Transaction, table: Node, at: number): void {
  const surplus: [number, number][] = []
  table.forEach((row, rowAt) => {
    const cells: [Node, number][] = []
    row.forEach((cell, cellAt) => void cells.push([cell, at + rowAt + cellAt + 2]))
    const left = cells.filter(([cell]) => cell.attrs.id)
    for (const one of cells.filter(([cell]) => isEmpty(cell)).reverse()) {
      const [cell, from] = one
      if (!left.some((other) => other !== one && other[0].attrs.id === cell.attrs.id)) continue
      left.splice(left.indexOf(one), 1)
      surplus.push([from, from + cell.nodeSize])
    }
  })
  for (const [from, to] of surplus.sort((a, b) => b[0] - a[0])) tr.delete(from, to)
}

function isEmpty({ attrs, childCount, firstChild }: Node): boolean {
  const plain = attrs.colspan === 1 && attrs.rowspan === 1
  return plain && childCount === 1 && firstChild !== null && firstChild.isTextblock && firstChild.content.size === 0
}

/** Names cells that have no name by what stands in their row: whoever fills the same row gives the same names. */
function nameCells(tr: Transaction, table: Node, at: number): void {
  table.forEach((row, rowAt) => {
    const known = row.children.map((cell) => String(cell.attrs.id ?? ''))
    if (!row.attrs.id) return
    row.forEach((cell, cellAt, index) => {
      if (cell.attrs.id) return
      const origin = encodeUtf8([row.attrs.id, ...known, index].join(' '))
      tr.setNodeAttribute(at + rowAt + cellAt + 2, 'id', buffer.toHexString(digest(origin)).slice(0, 12))
    })
  })
}
