import { getSchema } from '@tiptap/core'
import { DOMParser } from '@tiptap/pm/model'
import { expect, test } from 'vitest'
import { schemaExtensions } from '../../src/editor/extensions'
import described from '../../src/editor/schema/schema.json'

const schema = getSchema(schemaExtensions())

test('the editor has every node of the description and no other', () => {
  expect(Object.keys(schema.nodes).sort()).toEqual(Object.keys(described.nodes).sort())
})

test('the editor has every mark of the description and no other', () => {
  expect(Object.keys(schema.marks).sort()).toEqual(Object.keys(described.marks).sort())
})

test.each(Object.entries(described.nodes))('node %s has the described attributes and no other', (name, node) => {
  expect(Object.keys(schema.nodes[name]?.spec.attrs ?? {}).sort()).toEqual(Object.keys(node.attributes).sort())
})

test.each(Object.entries(described.marks))('mark %s has the described attributes and no other', (name, mark) => {
  expect(Object.keys(schema.marks[name]?.spec.attrs ?? {}).sort()).toEqual(Object.keys(mark.attributes).sort())
})

test('a marker without a colour is read from the page as one without', () => {
  const page = document.createElement('div')
  page.innerHTML = '<p><mark>words</mark></p>'
  const marks = DOMParser.fromSchema(schema).parse(page).firstChild?.firstChild?.marks
  expect(marks?.map((mark) => mark.attrs)).toEqual([{ color: null }])
})
