/** Replacing what was found: with the formats and the link of its first letter, and nothing between is touched. */
import type { Editor } from '@tiptap/core'
import { searchDocument } from '@tiptap/extension-find-and-replace'
import type { Transaction } from '@tiptap/pm/state'
import { inOneStep } from '../undo'

interface Found {
  from: number
  to: number
}

function put(tr: Transaction, { from, to }: Found, words: string): void {
  if (words === '') tr.delete(from, to)
  else tr.replaceWith(from, to, tr.doc.type.schema.text(words, tr.doc.nodeAt(from)?.marks))
}

/** Replaces the current find; the next one becomes it. */
export function replaceOne(editor: Editor, words: string): void {
  const { results, currentIndex } = editor.storage.findAndReplace
  const found = results[currentIndex ?? 0]
  const link = found && editor.state.doc.nodeAt(found.from)?.marks.find(({ type }) => type.name === 'link')
  const chain = editor.chain().replace()
  if (found && link) {
    chain.command(({ tr }) => {
      tr.addMark(found.from, found.from + words.length, link)
      return true
    })
  }
  chain.run()
}

/** Blocks of text that change in one transaction: what looks at each of its steps takes the square of their number. */
const AT_ONCE = 100

/**
 * Replaces everything in which a pattern is found. A paragraph changes in one piece at a time: as one change it would
 * take what stands between two finds out and put it in again, from under the hands of whoever writes there.
 */
export function replaceAll(editor: Editor, pattern: string, words: string): void {
  const blocks = foundByBlock(editor, pattern)
  // What is found would be brought up to date with every change.
  editor.commands.clearSearch()
  inOneStep(editor, () => {
    while (blocks.some((finds) => finds.length > 0)) replaceLasts(editor, blocks, words)
  })
  editor.commands.setSearchTerm(pattern)
}

/** What is found in each block of text, in the order of the document. */
function foundByBlock({ state: { doc }, storage }: Editor, pattern: string): Found[][] {
  const { caseSensitive, wholeWord } = storage.findAndReplace
  const blocks = new Map<number, Found[]>()
  for (const found of searchDocument(doc, pattern, { caseSensitive, wholeWord, useRegex: true })) {
    const start = doc.resolve(found.from).start()
    const finds = blocks.get(start)
    if (finds) finds.push(found)
    else blocks.set(start, [found])
  }
  return [...blocks.values()]
}

/** Replaces the last find of each block, and moves those that are left to where they stand then. */
function replaceLasts(editor: Editor, blocks: Found[][], words: string): void {
  const lasts = blocks.map((finds) => finds.pop())
  const found = lasts.filter((last) => last !== undefined)
  // From the end: what waits stays where it is.
  for (let end = found.length; end > 0; end -= AT_ONCE) {
    const { tr } = editor.state
    for (const last of found.slice(Math.max(0, end - AT_ONCE), end).reverse()) put(tr, last, words)
    editor.view.dispatch(tr)
  }
  let moved = 0
  blocks.forEach((finds, index) => {
    for (const find of finds) {
      find.from += moved
      find.to += moved
    }
    const last = lasts[index]
    if (last) moved += words.length - (last.to - last.from)
  })
}
