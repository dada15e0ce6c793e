/** What the buttons and keys of alignment show and do. */
import type { Editor } from '@tiptap/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { align, alignmentOf } from '../../src/editor/alignment'
import { Replica } from '../replicas/replica'

let replica: Replica
let editor: Editor

beforeEach(() => {
  replica = new Replica(1, Y.encodeStateAsUpdate(new Y.Doc()))
  editor = replica.editor
})
afterEach(() => replica.close())

const paragraph = (text: string) => ({ type: 'paragraph', content: [{ type: 'text', text }] })
const stored = () => editor.state.doc.firstChild?.attrs.textAlign as unknown

test.each([
  ['Words', 'left', 'right'],
  ['1. كلمات', 'right', 'left'],
  ['מילים and words', 'right', 'left'],
] as const)('“%s” begins on the %s and can be put on the other side and back', (words, side, other) => {
  editor.commands.setContent([paragraph(words)])
  editor.commands.setTextSelection(2)
  expect(alignmentOf(editor)).toBe(side)
  align(editor, other)
  expect([alignmentOf(editor), stored()]).toEqual([other, other])
  align(editor, side)
  expect([alignmentOf(editor), stored()]).toEqual([side, null])
})

test('a selected picture is aligned by the same buttons, and code by none', () => {
  editor.commands.setContent([{ type: 'image', attrs: { src: 'https://example.org/a.png' } }, paragraph('words')])
  editor.commands.setNodeSelection(0)
  expect(alignmentOf(editor)).toBe('center')
  align(editor, 'right')
  expect(alignmentOf(editor)).toBe('right')
  align(editor, 'justify')
  expect(alignmentOf(editor)).toBe('right')
  editor.commands.setContent([{ type: 'codeBlock', content: [{ type: 'text', text: 'code' }] }])
  editor.commands.setTextSelection(2)
  expect(alignmentOf(editor)).toBeNull()
})
