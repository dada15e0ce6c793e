/** The blocks that the slash menu and the Insert menu offer. */
import type { Editor, Range } from '@tiptap/core'

export interface BlockCommand {
  key: string
  words: string
  run: (editor: Editor) => void
}

export const BLOCKS: BlockCommand[] = [
  { key: 'block.paragraph', words: 'text paragraph normal', run: (e) => e.chain().focus().setParagraph().run() },
  { key: 'block.h1', words: 'heading title h1', run: (e) => e.chain().focus().setHeading({ level: 1 }).run() },
  { key: 'block.h2', words: 'heading subtitle h2', run: (e) => e.chain().focus().setHeading({ level: 2 }).run() },
  { key: 'block.h3', words: 'heading h3', run: (e) => e.chain().focus().setHeading({ level: 3 }).run() },
  { key: 'block.bullets', words: 'list bullets unordered', run: (e) => e.chain().focus().toggleBulletList().run() },
  { key: 'block.numbers', words: 'list numbered ordered', run: (e) => e.chain().focus().toggleOrderedList().run() },
  { key: 'block.tasks', words: 'list tasks todo check', run: (e) => e.chain().focus().toggleTaskList().run() },
  { key: 'block.quote', words: 'quote citation', run: (e) => e.chain().focus().toggleBlockquote().run() },
  { key: 'block.code', words: 'code program', run: (e) => e.chain().focus().toggleCodeBlock().run() },
  {
    key: 'block.table',
    words: 'table grid',
    run: (e) => e.chain().focus().insertTable({ rows: 3, cols: 3, withHeaderRow: true }).run(),
  },
  { key: 'block.rule', words: 'rule line divider', run: (e) => e.chain().focus().setHorizontalRule().run() },
  { key: 'block.page', words: 'page break', run: (e) => e.chain().focus().insertPageBreak().run() },
]

export function runAt(editor: Editor, range: Range, command: BlockCommand): void {
  editor.chain().focus().deleteRange(range).run()
  command.run(editor)
}
