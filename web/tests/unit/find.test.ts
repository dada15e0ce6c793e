/** What is found in the text. */
import { Editor } from '@tiptap/core'
import FindAndReplace from '@tiptap/extension-find-and-replace'
import { expect, test } from 'vitest'
import { schemaExtensions } from '../../src/editor/extensions'
import * as Y from 'yjs'
import { findsAgain } from '../../src/editor/panels/findKeys'
import { replaceAll } from '../../src/editor/panels/replaceFound'
import { termPattern } from '../../src/editor/panels/termPattern'
import { Replica } from '../replicas/replica'

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

test.each([
  ['كتاب', 'كِتَابٌ وكتاب وكتـاب', 3],
  ['كِتَاب', 'كتاب كُتُب', 1],
  ['مدرسة', 'مَدْرَسَةٌ', 1],
  ['שלום', 'שָׁלוֹם', 1],
  ['café', 'cafe\u0301 café cafe', 2],
  ['cafe\u0301', 'café', 1],
  ["it's", 'it’s', 1],
  ['\u064e', 'كَتب', 0],
  ['a.c', 'abc a.c', 1],
])('%s is found as it is written elsewhere: %s', (term, text, count) => {
  const extensions = [...schemaExtensions(), FindAndReplace.configure({ searchDebounceMs: 0, injectCSS: false })]
  const editor = new Editor({ extensions, content: `<p>${text}</p>` })
  editor.chain().setUseRegex(true).setSearchTerm(termPattern(term)).run()
  expect(editor.storage.findAndReplace.results).toHaveLength(count)
  editor.destroy()
})

test.each([
  [{ key: 'F3' }, true],
  [{ key: 'F3', shiftKey: true }, true],
  [{ key: 'g', ctrlKey: true }, true],
  [{ key: 'G', ctrlKey: true, shiftKey: true }, true],
  [{ key: 'F3', altKey: true }, false],
  [{ key: 'g' }, false],
])('%o leads to another find: %s', (keys, leads) => {
  expect(findsAgain(new KeyboardEvent('keydown', keys))).toBe(leads)
})

test('a whole word is one in any script', () => {
  const extensions = [...schemaExtensions(), FindAndReplace.configure({ searchDebounceMs: 0, injectCSS: false })]
  const editor = new Editor({ extensions, content: '<p>كِتَاب والكتاب كتابي it’s its’</p>' })
  const count = (term: string) => {
    editor.chain().setUseRegex(true).setWholeWord(true).setSearchTerm(termPattern(term)).run()
    return editor.storage.findAndReplace.results.length
  }
  expect(count('كتاب')).toBe(1)
  expect(count("it's")).toBe(1)
  editor.destroy()
})

test.each(['longer word', 'x', ''])(
  'thousands of finds are replaced at once by "%s", and come back in one step',
  (words) => {
    const replica = new Replica(1, Y.encodeStateAsUpdate(new Y.Doc()))
    const { editor } = replica
    const line = (word: string, i: number) => `${word} ${i} `.repeat(i % 17) + word
    const lines = (word: string) => Array.from({ length: 400 }, (_, i) => line(word, i))
    editor.commands.setContent(
      lines('fox').map((said) => ({ type: 'paragraph', content: [{ type: 'text', text: said }] })),
    )
    const shown = () => editor.state.doc.children.map(({ textContent }) => textContent)
    // Another word is still being looked for.
    editor.commands.setSearchTerm('0')
    replaceAll(editor, termPattern('fox'), words)
    expect(shown()).toEqual(lines(words))
    editor.commands.undo()
    expect(shown()).toEqual(lines('fox'))
    replica.close()
  },
)
