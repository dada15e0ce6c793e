/** Every extension of the editor; names and attributes follow schema.json. */
import { Placeholder } from '@tiptap/extensions'
import Code from '@tiptap/extension-code'
import CodeBlockLowlight from '@tiptap/extension-code-block-lowlight'
import Collaboration from '@tiptap/extension-collaboration'
import FindAndReplace from '@tiptap/extension-find-and-replace'
import Highlight from '@tiptap/extension-highlight'
import Blockquote from '@tiptap/extension-blockquote'
import Document from '@tiptap/extension-document'
import { BulletList, ListItem, OrderedList, TaskItem, TaskList } from '@tiptap/extension-list'
import Subscript from '@tiptap/extension-subscript'
import Superscript from '@tiptap/extension-superscript'
import { Table, TableCell, TableHeader, TableRow } from '@tiptap/extension-table'
import TextAlign from '@tiptap/extension-text-align'
import { FontFamily, FontSize, TextStyle } from '@tiptap/extension-text-style'
import UniqueID from '@tiptap/extension-unique-id'
import { isChangeOrigin } from '@tiptap/extension-collaboration'
import type { Extensions } from '@tiptap/core'
import { uuidv4 } from 'lib0/random'
import StarterKit from '@tiptap/starter-kit'
import { common, createLowlight } from 'lowlight'
import type { DocumentSession } from '../../sync'
import schema from '../schema/schema.json'
import { BlockAttributes } from './blockAttributes'
import { Carets } from './caret'
import { Ink } from './ink'
import { LargeInsert } from './largeInsert'
import { Picture } from './picture'
import { PageBreak } from './pageBreak'
import { BLOCK_MARKS, reservedMarks } from './reservedMarks'
import { Rescue } from './rescue'
import { SlashMenu } from './slashMenu'
import { Steady } from './steady'
import { UnknownBlock } from './unknownBlock'

const withIds = Object.entries(schema.nodes)
  .filter(([, node]) => 'id' in node.attributes)
  .map(([name]) => name)

function newId(): string {
  return uuidv4().replaceAll('-', '').slice(0, 12)
}

/** The nodes and marks of the schema, without anything that needs a document or a screen. */
export function schemaExtensions(): Extensions {
  return [
    StarterKit.configure({
      undoRedo: false,
      code: false,
      codeBlock: false,
      document: false,
      blockquote: false,
      bulletList: false,
      orderedList: false,
      listItem: false,
      link: { openOnClick: false, defaultProtocol: 'https' },
      dropcursor: { width: 2 },
    }),
    // Blocks inside these may carry marks of their own.
    Document.extend({ marks: BLOCK_MARKS }),
    Blockquote.extend({ marks: BLOCK_MARKS }),
    BulletList.extend({ marks: BLOCK_MARKS }),
    OrderedList.extend({ marks: BLOCK_MARKS }),
    ListItem.extend({ marks: BLOCK_MARKS }),
    TaskList.extend({ marks: BLOCK_MARKS }),
    TaskItem.extend({ marks: BLOCK_MARKS }).configure({ nested: true }),
    Table.extend({ marks: BLOCK_MARKS }).configure({ resizable: true, cellMinWidth: 60 }),
    TableRow.extend({ marks: BLOCK_MARKS }),
    TableCell.extend({ marks: BLOCK_MARKS }),
    TableHeader.extend({ marks: BLOCK_MARKS }),
    CodeBlockLowlight.extend({ marks: BLOCK_MARKS }).configure({
      lowlight: createLowlight(common),
      defaultLanguage: null,
    }),
    // Code that kept other marks out would lose the bold, the comment or the link that somebody else sets meanwhile.
    Code.extend({ excludes: 'code' }),
    TextStyle,
    Ink,
    FontFamily,
    FontSize,
    Highlight.configure({ multicolor: true }),
    Subscript,
    Superscript,
    TextAlign.configure({ types: ['heading', 'paragraph'], defaultAlignment: null }),
    BlockAttributes,
    Picture,
    PageBreak,
    UnknownBlock,
    ...reservedMarks,
  ]
}

export function extensions(
  session: DocumentSession,
  options: {
    placeholder: string
    upload: (file: File) => Promise<string>
    onFault: (fault: unknown) => void
    onTooMuch: () => void
  },
): Extensions {
  return [
    ...schemaExtensions().map((extension) =>
      extension.name === 'image' ? Picture.configure({ upload: options.upload }) : extension,
    ),
    // Only local edits make ids: replicas that each "repaired" remote content would fight.
    UniqueID.configure({
      types: withIds,
      attributeName: 'id',
      updateDocument: false,
      generateID: newId,
      filterTransaction: (transaction) => !isChangeOrigin(transaction),
    }),
    LargeInsert.configure({ onRefused: options.onTooMuch }),
    Placeholder.configure({ placeholder: options.placeholder }),
    FindAndReplace.configure({ searchDebounceMs: 120, injectCSS: false }),
    SlashMenu,
    Collaboration.configure({ fragment: session.fragment }),
    Carets.configure({ awareness: session.awareness }),
    Steady,
    Rescue.configure({ onFault: options.onFault }),
  ]
}
