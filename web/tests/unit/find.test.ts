/** What is found in the text. */
import { Editor } from '@tiptap/core'
import FindAndReplace from '@tiptap/extension-find-and-replace'
import { expect, test } from 'vitest'
import { schemaExtensions } from '../../src/editor/extensions'

test.each([
  ['👍', '👍🏽 👍 👍🏿👍', [5, 12]],
  ['👩', '👩‍🚀 👩', [6]],
  ['🚀', '👩‍🚀 🚀', [6]],
  ['🇪🇺', '🇩🇪🇺🇸 🇪🇺', [9]],
  ['cafe', 'cafe\u0301 cafe', [6]],
  ['👍🏽', '👍 👍🏽', [3]],
])('%s is not found inside of another sign: %s', (term, text, places) => {
  const extensions = [...schemaExtensions(), FindAndReplace.configure({ searchDebounceMs: 0, injectCSS: false })]
  const editor = new Editor({ extensions, content: `<p>${text}</p>` })
  editor.commands.setSearchTerm(term)
  expect(editor.storage.findAndReplace.results.map(({ from }) => from - 1)).toEqual(places)
  editor.destroy()
})
