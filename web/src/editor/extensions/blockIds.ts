/** Every block that somebody makes here gets an id that stays with it. */
import { Extension } from '@tiptap/core'
import { isChangeOrigin } from '@tiptap/extension-collaboration'
import type { Node } from '@tiptap/pm/model'
import { Plugin, type Transaction } from '@tiptap/pm/state'
import { newId } from '../ids'
import schema from '../schema/schema.json'
import { IdsStep } from './idsStep'

const WITH_ID = Object.entries(schema.nodes)
  .filter(([, node]) => 'id' in node.attributes)
  .map(([name]) => name)

/** What the transactions changed, as positions in the document after them. */
function changedRange(transactions: readonly Transaction[]): [number, number] | null {
  let from = Infinity
  let to = -Infinity
  for (const map of transactions.flatMap(({ mapping }) => mapping.maps)) {
    from = map.map(from, -1)
    to = map.map(to, 1)
    map.forEach((_oldFrom, _oldTo, newFrom, newTo) => {
      from = Math.min(from, newFrom)
      to = Math.max(to, newTo)
    })
  }
  return from <= to ? [from, to] : null
}

/** How often each id of `wanted` stands in the document. */
function occurrences(doc: Node, wanted: Set<string>): Map<string, number> {
  const counts = new Map<string, number>()
  doc.descendants((node) => {
    const id = node.attrs.id as string | null
    if (id && wanted.has(id)) counts.set(id, (counts.get(id) ?? 0) + 1)
    return !node.isTextblock
  })
  return counts
}

export const BlockIds = Extension.create({
  name: 'blockIds',

  addGlobalAttributes() {
    return [
      {
        types: WITH_ID,
        attributes: {
          id: {
            default: null,
            keepOnSplit: false,
            parseHTML: (element) => element.getAttribute('data-id'),
            renderHTML: ({ id }) => (id ? { 'data-id': String(id) } : {}),
          },
        },
      },
    ]
  },

  addProseMirrorPlugins() {
    return [
      new Plugin({
        // Only local edits make ids: replicas that each "repaired" remote content would fight.
        appendTransaction: (transactions, _before, state) => {
          const local = transactions.filter((one) => one.docChanged)
          if (local.length === 0 || local.some(isChangeOrigin)) return null
          const range = changedRange(local)
          if (!range) return null
          const [from, to] = [Math.max(0, range[0]), Math.min(state.doc.content.size, range[1])]
          const found: [number, string | null][] = []
          state.doc.nodesBetween(from, to, (node, at) => {
            if (WITH_ID.includes(node.type.name)) found.push([at, node.attrs.id as string | null])
            return !node.isTextblock
          })
          const known = new Set(found.flatMap(([at, id]) => (id && at >= from ? [id] : [])))
          // A copy that was pasted beside its original is a block of its own.
          const counts = known.size > 0 ? occurrences(state.doc, known) : new Map<string, number>()
          const ids = new Map<number, string>()
          for (const [at, id] of found) {
            const copies = id ? (counts.get(id) ?? 1) : 0
            if (id && (copies < 2 || at < from)) continue
            if (id) counts.set(id, copies - 1)
            ids.set(at, newId())
          }
          return ids.size > 0 ? state.tr.step(new IdsStep(ids)) : null
        },
      }),
    ]
  },
})
