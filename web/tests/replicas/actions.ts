/** Edits by name, at words that are looked up in the text: what one person means to do. */
import type { Editor } from '@tiptap/core'
import type { Node } from '@tiptap/pm/model'

interface Details {
  /** The word at which the edit happens. */
  at?: string
  words?: string
  after?: string
}

/** Where a word starts. */
function find(editor: Editor, word: string): number {
  let found = -1
  editor.state.doc.descendants((node, at) => {
    const start = node.isTextblock ? node.textContent.indexOf(word) : -1
    if (found < 0 && start >= 0) found = at + 1 + start
  })
  if (found < 0) throw new Error(`no "${word}" in ${editor.state.doc.textContent}`)
  return found
}

/** The outermost block that holds a word. */
function block(editor: Editor, word: string): { node: Node; from: number; to: number } {
  const $at = editor.state.doc.resolve(find(editor, word))
  return { node: $at.node(1), from: $at.before(1), to: $at.after(1) }
}

function select(editor: Editor, word: string): void {
  const from = find(editor, word)
  editor.commands.setTextSelection({ from, to: from + word.length })
}

/** A key at a time, as people write. */
function type(editor: Editor, words: string, at: number): void {
  for (const letter of words) {
    editor.view.dispatch(editor.state.tr.insertText(letter, at))
    at += letter.length
  }
}

const ACTIONS: Record<string, (editor: Editor, details: Required<Details>) => void> = {
  type: (editor, { at, words }) => type(editor, words, find(editor, at)),
  'type after': (editor, { at, words }) => type(editor, words, find(editor, at) + at.length),
  insert: (editor, { at, words }) => {
    editor.view.dispatch(editor.state.tr.insertText(words, find(editor, at)))
  },
  'insert after': (editor, { at, words }) => {
    editor.view.dispatch(editor.state.tr.insertText(words, find(editor, at) + at.length))
  },
  erase: (editor, { at }) => {
    select(editor, at)
    editor.commands.deleteSelection()
  },
  replace: (editor, { at, words }) => {
    const from = find(editor, at)
    editor.view.dispatch(editor.state.tr.insertText(words, from, from + at.length))
  },
  bold: (editor, { at }) => {
    select(editor, at)
    editor.commands.setBold()
  },
  unbold: (editor, { at }) => {
    select(editor, at)
    editor.commands.unsetBold()
  },
  link: (editor, { at, words }) => {
    select(editor, at)
    editor.commands.setLink({ href: words })
  },
  delete: (editor, { at }) => {
    const { from, to } = block(editor, at)
    editor.commands.deleteRange({ from, to })
  },
  split: (editor, { at }) => {
    editor.chain().setTextSelection(find(editor, at)).splitBlock().run()
  },
  join: (editor, { at }) => {
    editor.commands.setTextSelection(find(editor, at))
    editor.commands.joinBackward()
  },
  move: (editor, { at, after }) => {
    const { node, from, to } = block(editor, at)
    const { tr } = editor.state
    const target = after === '' ? tr.doc.content.size : block(editor, after).to
    tr.insert(target, node)
    editor.view.dispatch(tr.delete(tr.mapping.map(from, -1), tr.mapping.map(to, -1)))
  },
  convert: (editor, { at }) => {
    editor.chain().setTextSelection(find(editor, at)).setHeading({ level: 2 }).run()
  },
  quote: (editor, { at }) => {
    editor.chain().setTextSelection(find(editor, at)).setBlockquote().run()
  },
  list: (editor, { at }) => {
    editor.chain().setTextSelection(find(editor, at)).toggleBulletList().run()
  },
  color: (editor, { at, words }) => {
    select(editor, at)
    editor.commands.setColor(words)
  },
  align: (editor, { at, words }) => {
    editor.chain().setTextSelection(find(editor, at)).setTextAlign(words).run()
  },
  'add row': (editor, { at }) => {
    editor.chain().setTextSelection(find(editor, at)).addRowAfter().run()
  },
  'add column': (editor, { at }) => {
    editor.chain().setTextSelection(find(editor, at)).addColumnAfter().run()
  },
  'delete row': (editor, { at }) => {
    editor.chain().setTextSelection(find(editor, at)).deleteRow().run()
  },
  'delete column': (editor, { at }) => {
    editor.chain().setTextSelection(find(editor, at)).deleteColumn().run()
  },
  'new item': (editor, { at, words }) => {
    editor
      .chain()
      .setTextSelection(find(editor, at) + at.length)
      .splitListItem('listItem')
      .insertContent(words)
      .run()
  },
  sink: (editor, { at }) => {
    editor.chain().setTextSelection(find(editor, at)).sinkListItem('listItem').run()
  },
  undo: (editor) => void editor.commands.undo(),
}

export function act(editor: Editor, action: string, details: Details): void {
  const run = ACTIONS[action]
  if (!run) throw new Error(`no action "${action}"`)
  run(editor, { at: '', words: '', after: '', ...details })
}
