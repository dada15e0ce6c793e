// @vitest-environment jsdom
/** Blocks keep one id for life, and no two have the same. */
import { Editor } from '@tiptap/core'
import { Step } from '@tiptap/pm/transform'
import { afterEach, expect, test, vi } from 'vitest'
import { schemaExtensions } from '../../src/editor/extensions'

let editor: Editor

function open(content: string): void {
  editor = new Editor({ element: document.body, extensions: schemaExtensions(), content })
}

function ids(): (string | null)[] {
  const found: (string | null)[] = []
  editor.state.doc.descendants((node) => {
    if ('id' in node.attrs) found.push(node.attrs.id as string | null)
  })
  return found
}

afterEach(() => editor.destroy())

test('a block gets an id at the first change made here, and keeps it', () => {
  open('<p>one</p>')
  editor.commands.insertContentAt(2, 'x')
  const [first] = ids()
  expect(first).toMatch(/^[0-9a-f]{12}$/)
  editor.commands.insertContentAt(3, 'more')
  editor.commands.setTextSelection(3)
  editor.commands.setHeading({ level: 2 })
  expect(ids()[0]).toBe(first)
})

test('Enter in the middle makes a second block with an id of its own', () => {
  open('<p data-id="kept">one two</p>')
  editor.commands.setTextSelection(4)
  editor.commands.splitBlock()
  const [first, second] = ids()
  expect(first).toBe('kept')
  expect(second).toMatch(/^[0-9a-f]{12}$/)
})

test('what is untouched stays untouched, and a copy beside its original gets a new id', () => {
  open('<p data-id="one">one</p><p>without</p>')
  editor.commands.insertContentAt(editor.state.doc.content.size, '<p data-id="one">copy</p>')
  const [first, second, third] = ids()
  expect(first).toBe('one')
  expect(second).toBe(null)
  expect(third).not.toBe('one')
  expect(third).toMatch(/^[0-9a-f]{12}$/)
})

test('every node of a new table has an id', () => {
  open('<p>x</p>')
  editor.commands.insertTable({ rows: 2, cols: 2, withHeaderRow: true })
  const found = ids()
  expect(found.length).toBeGreaterThan(4)
  expect(found.slice(0, -1).every(Boolean)).toBe(true)
  expect(new Set(found).size).toBe(found.length)
})

test('thousands of pasted blocks get their ids in one pass over the document', () => {
  open('<p data-id="kept">before</p>')
  const steps = vi.spyOn(Step.prototype as unknown as { getMap: () => unknown }, 'getMap')
  const items = '<ul><li><p>item</p></li></ul>'
  editor.commands.insertContentAt(8, `${'<p>one</p>'.repeat(3000)}${items}<p data-id="kept">after</p>`)
  const all = ids()
  expect(all).toHaveLength(3005)
  expect(new Set(all).size).toBe(3005)
  expect(all.every(Boolean)).toBe(true)
  expect(all[0]).toBe('kept')
  expect(steps.mock.calls.length).toBeLessThan(20)
})
