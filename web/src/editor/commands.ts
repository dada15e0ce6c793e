/** The blocks that the slash menu and the menus offer. */
import type { Editor, Range } from '@tiptap/core'
import { pickPictures } from './picture/pick'
import { inOneStep } from './undo'

export interface BlockCommand {
  key: string
  group: 'text' | 'lists' | 'insert'
  /** English names; the catalogue has those of the other languages. */
  words: string
  run: (editor: Editor) => void
}

const heading = (level: 1 | 2 | 3): BlockCommand => ({
  key: `block.h${level}`,
  group: 'text',
  words: `heading h${level} title`,
  run: (e) => e.chain().focus().setHeading({ level }).run(),
})

export const BLOCKS: BlockCommand[] = [
  {
    key: 'block.paragraph',
    group: 'text',
    words: 'text paragraph normal plain',
    run: (e) => e.chain().focus().setParagraph().run(),
  },
  heading(1),
  heading(2),
  heading(3),
  {
    key: 'block.quote',
    group: 'text',
    words: 'quote citation blockquote',
    run: (e) => e.chain().focus().toggleBlockquote().run(),
  },
  {
    key: 'block.code',
    group: 'text',
    words: 'code program snippet pre',
    run: (e) => e.chain().focus().toggleCodeBlock().run(),
  },
  {
    key: 'block.bullets',
    group: 'lists',
    words: 'list bullets unordered ul',
    run: (e) => e.chain().focus().toggleBulletList().run(),
  },
  {
    key: 'block.numbers',
    group: 'lists',
    words: 'list numbered ordered ol',
    run: (e) => e.chain().focus().toggleOrderedList().run(),
  },
  {
    key: 'block.tasks',
    group: 'lists',
    words: 'list tasks todo checklist check',
    run: (e) => e.chain().focus().toggleTaskList().run(),
  },
  {
    key: 'block.table',
    group: 'insert',
    words: 'table grid',
    run: (e) => e.chain().focus().insertTable({ rows: 3, cols: 3, withHeaderRow: true }).run(),
  },
  { key: 'block.picture', group: 'insert', words: 'picture image photo', run: pickPictures },
  {
    key: 'block.rule',
    group: 'insert',
    words: 'rule line divider hr',
    run: (e) => e.chain().focus().setHorizontalRule().run(),
  },
  {
    key: 'block.page',
    group: 'insert',
    words: 'page break',
    run: (e) => e.chain().focus().insertPageBreak().run(),
  },
]

/** The command of a kind of block. */
export function block(key: string): BlockCommand {
  const found = BLOCKS.find((command) => command.key === key)
  if (!found) throw new Error(`no block ${key}`)
  return found
}

/** Runs a command in the place of what was typed to call it. */
export function runAt(editor: Editor, range: Range, command: BlockCommand): void {
  inOneStep(editor, () => {
    editor.chain().focus().deleteRange(range).run()
    command.run(editor)
  })
}
