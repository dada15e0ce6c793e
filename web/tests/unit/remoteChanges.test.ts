/** Remote changes in the editor: only what differs is replaced, and every position stays with its character. */
import { getSchema } from '@tiptap/core'
import { EditorState, TextSelection } from '@tiptap/pm/state'
import { EditorView } from '@tiptap/pm/view'
import type { MarkType, Node, NodeType } from '@tiptap/pm/model'
import {
  absolutePositionToRelativePosition,
  initProseMirrorDoc,
  relativePositionToAbsolutePosition,
  ySyncPlugin,
  ySyncPluginKey,
  type ProsemirrorBinding,
} from '@tiptap/y-tiptap'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { schemaExtensions } from '../../src/editor/extensions'

const schema = getSchema(schemaExtensions())

/** Numbers that look random and are the same in every run. */
function dice(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 1103515245 + 12345) % 2147483648
    return Math.floor((state / 2147483648) * below)
  }
}

function block(words: string): Y.XmlElement {
  const element = new Y.XmlElement('paragraph')
  element.insert(0, [new Y.XmlText(words)])
  return element
}

function list(words: string): Y.XmlElement {
  const [list, item] = [new Y.XmlElement('bulletList'), new Y.XmlElement('listItem')]
  item.insert(0, [block(words)])
  list.insert(0, [item])
  return list
}

interface Pair {
  view: EditorView
  binding: ProsemirrorBinding
  /** Changes the other person's copy, then brings it here. */
  remote: (change: (fragment: Y.XmlFragment) => void) => void
}

function pair(blocks: Y.XmlElement[]): Pair {
  const [mine, theirs] = [new Y.Doc(), new Y.Doc()]
  const fragment = mine.getXmlFragment('default')
  fragment.insert(0, blocks)
  const state = EditorState.create({ schema, plugins: [ySyncPlugin(fragment)] })
  const view = new EditorView(document.body.appendChild(document.createElement('div')), { state })
  const { binding } = ySyncPluginKey.getState(view.state) as { binding: ProsemirrorBinding }
  return {
    view,
    binding,
    remote: (change) => {
      Y.applyUpdate(theirs, Y.encodeStateAsUpdate(mine))
      theirs.transact(() => change(theirs.getXmlFragment('default')))
      Y.applyUpdate(mine, Y.encodeStateAsUpdate(theirs))
    },
  }
}

function texts(type: Y.XmlFragment | Y.XmlElement): Y.XmlText[] {
  return type.toArray().flatMap((child) => (child instanceof Y.XmlText ? [child] : texts(child as Y.XmlElement)))
}

function children(doc: Node): Node[] {
  return Array.from({ length: doc.childCount }, (_, i) => doc.child(i))
}

/** One act of this person: mostly letters, in any block; sometimes what changes more than one block. */
function own(view: EditorView, roll: (below: number) => number): void {
  const { tr, doc } = view.state
  const places: number[] = []
  doc.descendants((node, position) => {
    if (node.isTextblock) for (let at = 0; at <= node.content.size; at += 1) places.push(position + 1 + at)
  })
  const place = places[roll(places.length)] as number
  const $place = doc.resolve(place)
  const kind = roll(8)
  if (kind === 0 && $place.parentOffset > 0) tr.delete(place - 1, place)
  else if (kind === 1) tr.split(place)
  else if (kind === 2) tr.setBlockType(place, place, schema.nodes[roll(2) ? 'heading' : 'paragraph'] as NodeType)
  else if (kind === 3 && doc.childCount > 2) tr.delete($place.before(1), $place.after(1))
  else if (kind === 4) tr.addMark($place.start(), place, (schema.marks.bold as MarkType).create())
  else tr.insertText('m', place)
  view.dispatch(tr)
}

/** That the shared document is what the editor shows, and that every place leads to one in it and back. */
function expectTrue(view: EditorView, binding: ProsemirrorBinding): void {
  const { doc } = view.state
  const fresh = initProseMirrorDoc(binding.type, schema)
  expect(doc.toJSON()).toEqual(fresh.doc.toJSON())
  doc.descendants((node, position) => {
    if (!node.isTextblock) return
    for (let inside = 0; inside <= node.content.size; inside += 1) {
      const at = position + 1 + inside
      const relative = absolutePositionToRelativePosition(at, binding.type, binding.mapping)
      expect(relative).toEqual(absolutePositionToRelativePosition(at, binding.type, fresh.meta.mapping))
      expect(relativePositionToAbsolutePosition(binding.doc, binding.type, relative, binding.mapping)).toBe(at)
    }
  })
}

test('random changes of two people give the document, and every position leads back to itself', () => {
  for (let seed = 1; seed <= 25; seed += 1) {
    const roll = dice(seed)
    const { view, binding, remote } = pair([block('one'), list('two'), block('three')])
    for (let turn = 0; turn < 25; turn += 1) {
      for (let i = roll(4); i > 0; i -= 1) {
        own(view, roll)
        expectTrue(view, binding)
      }
      remote((fragment) => {
        for (let i = roll(3); i >= 0; i -= 1) {
          const at = roll(fragment.length + 1)
          const kind = roll(5)
          const text = texts(fragment)[roll(texts(fragment).length)]
          if (kind === 0) fragment.insert(at, [roll(2) ? block(`b${turn}`) : list(`l${turn}`)])
          else if (kind === 1 && fragment.length > 2) fragment.delete(Math.min(at, fragment.length - 1), 1)
          else if (kind === 2 && text && text.length > 1) text.delete(roll(text.length - 1), 1)
          else text?.insert(roll(text.length + 1), 'r')
        }
      })
      expectTrue(view, binding)
    }
    view.destroy()
  }
})

test('a remote letter leaves every other block the object that it was', () => {
  const { view, remote } = pair(Array.from({ length: 50 }, (_, i) => block(`line ${i}`)))
  const before = children(view.state.doc)
  const drawn = [...view.dom.children]
  remote((fragment) => {
    texts(fragment)[20]?.insert(2, 'x')
    fragment.insert(0, [block('above')])
  })
  const after = children(view.state.doc)
  expect(after).toHaveLength(51)
  expect(after.filter((node) => before.includes(node))).toHaveLength(49)
  expect([...view.dom.children].filter((element) => drawn.includes(element))).toHaveLength(50)
  view.destroy()
})

test('a caret stays at its character, also in a block that looks like no other', () => {
  const heading = new Y.XmlElement('heading')
  heading.setAttribute('level', 3 as never)
  heading.insert(0, [new Y.XmlText('heading')])
  const { view, remote } = pair([block('one'), heading])
  const start = view.state.doc.child(0).nodeSize + 1
  view.dispatch(view.state.tr.setSelection(TextSelection.create(view.state.doc, start + 4)))
  remote((fragment) => texts(fragment)[1]?.insert(0, 'my '))
  expect(view.state.selection.$head.parent.textBetween(0, view.state.selection.$head.parentOffset)).toBe('my head')
  view.destroy()
})
