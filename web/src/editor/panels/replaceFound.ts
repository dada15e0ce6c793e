/** Replacing what was found: with the formats and the link of its first letter, and nothing between is touched. */
import type { Editor } from '@tiptap/core'
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

/**
 * Replaces everything that was found. A paragraph changes in one piece at a time: as one change it would take what
 * stands between two finds out and put it in again, from under the hands of whoever writes there.
 */
export function replaceAll(editor: Editor, words: string): void {
  const { doc } = editor.state
  const blocks = new Map<number, Found[]>()
  for (const found of editor.storage.findAndReplace.results) {
    const start = doc.resolve(found.from).start()
    blocks.set(start, [...(blocks.get(start) ?? []), found])
  }
  // From the end: what waits stays where it is, but for what is done in the blocks before.
  let waiting = [...blocks.values()].reverse()
  inOneStep(editor, () => {
    while (waiting.length > 0) {
      const { tr } = editor.state
      for (const finds of waiting) {
        const found = finds.pop()
        if (found) put(tr, found, words)
      }
      waiting = waiting.filter((finds) => finds.length > 0)
      waiting.forEach((finds) =>
        finds.forEach((found) =>
          Object.assign(found, { from: tr.mapping.map(found.from), to: tr.mapping.map(found.to) }),
        ),
      )
      editor.view.dispatch(tr)
    }
  })
}
