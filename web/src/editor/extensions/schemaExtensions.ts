/** The nodes and marks of the schema for the editor; names and attributes follow schema.json. */
import Code from '@tiptap/extension-code'
import { isChangeOrigin } from '@tiptap/extension-collaboration'
import Highlight from '@tiptap/extension-highlight'
import Blockquote from '@tiptap/extension-blockquote'
import Document from '@tiptap/extension-document'
import HorizontalRule from '@tiptap/extension-horizontal-rule'
import TiptapLink from '@tiptap/extension-link'
import { BulletList, ListItem, OrderedList, TaskItem, TaskList } from '@tiptap/extension-list'
import Subscript from '@tiptap/extension-subscript'
import Superscript from '@tiptap/extension-superscript'
import { TableCell, TableHeader, TableRow } from '@tiptap/extension-table'
import TextAlign from '@tiptap/extension-text-align'
import { FontFamily, FontSize, TextStyle } from '@tiptap/extension-text-style'
import type { Attribute, Extension, Extensions, Node } from '@tiptap/core'
import StarterKit from '@tiptap/starter-kit'
import i18next from 'i18next'
import { Bearable } from '../schema/bearable'
import { CleanAttributes } from '../schema/clean'
import schema from '../schema/schema.json'
import { align, alignmentOf, type Alignment } from '../alignment'
import { appendingWhere } from './appending'
import { BlockAttributes } from './blockAttributes'
import { BlockIds } from './blockIds'
import { CodeBlock } from '../code/codeBlock'
import { Ink } from './ink'
import { insertBlocks } from '../insert'
import { safeAddress, typedAddress } from '../links'
import { Picture } from '../picture/picture'
import { PageBreak } from './pageBreak'
import { BLOCK_MARKS, reservedMarks } from './reservedMarks'
import { UnknownBlock } from './unknownBlock'
import { endWithLine } from './wholeLines'
import { EvenTable } from '../table/evenTable'
import { TableView } from '../table/view'

const MOST_STEPS_OF_A_KEY = 20

/** Only the address is stored; how a link opens is the page's decision. */
const Link = TiptapLink.extend({
  // Words after a link are not the link's.
  inclusive: false,
  addAttributes() {
    return { href: { default: '', parseHTML: (element) => safeAddress(element.getAttribute('href') ?? '') } }
  },
  // Who types an address makes the link; everybody else would only make it again. Nor is a change of thousands of blocks
  // typing: to look through it would take seconds.
  addProseMirrorPlugins() {
    return appendingWhere(
      this.parent?.() ?? [],
      (transactions) =>
        !transactions.some(isChangeOrigin) && transactions.every(({ steps }) => steps.length <= MOST_STEPS_OF_A_KEY),
    )
  },
  // Pasted addresses are found in what is pasted: TipTap looks at all that differs, and misses an end that was there.
  addPasteRules: () => [],
}).configure({
  openOnClick: false,
  defaultProtocol: 'https',
  markdownLinks: true,
  isAllowedUri: (address) => typedAddress(address) !== null,
  HTMLAttributes: { target: '_blank', rel: 'noopener noreferrer' },
})

/** A block whose blocks may carry marks of their own, with no attribute that the schema does not describe. */
function described<Options>(node: Node<Options>): Node<Options> {
  return node.extend({
    marks: BLOCK_MARKS,
    addAttributes() {
      const known = Object.keys(schema.nodes[this.name as keyof typeof schema.nodes].attributes)
      return Object.fromEntries(Object.entries(this.parent?.() ?? {}).filter(([name]) => known.includes(name)))
    },
  }) as Node<Options>
}

/** What an element does not say is no value, not an empty one. */
function orNone<Options>(style: Extension<Options>): Extension<Options> {
  return style.extend({
    addGlobalAttributes() {
      return (this.parent?.() ?? []).map(({ types, attributes }) => ({
        types,
        attributes: Object.fromEntries(
          Object.entries(attributes).map(([name, attribute]) => [
            name,
            { ...attribute, parseHTML: (element) => (attribute?.parseHTML?.(element) as string) || null },
          ]),
        ),
      }))
    },
  })
}

/** The nodes and marks of the schema, without anything that needs a document or a screen. */
export function schemaExtensions(): Extensions {
  return [
    StarterKit.extend({
      // The keys of other word processors, beside TipTap's own.
      addKeyboardShortcuts() {
        return { 'Alt-Shift-5': () => this.editor.commands.toggleStrike() }
      },
    }).configure({
      undoRedo: false,
      code: false,
      codeBlock: false,
      document: false,
      blockquote: false,
      bulletList: false,
      orderedList: false,
      listItem: false,
      link: false,
      horizontalRule: false,
      dropcursor: { width: 2 },
      // Behind these one can write without a paragraph that waits there.
      trailingNode: { notAfter: ['heading', 'blockquote', 'bulletList', 'orderedList', 'taskList'] },
    }),
    Link,
    Document.extend({ marks: BLOCK_MARKS }),
    described(Blockquote),
    described(BulletList),
    described(OrderedList),
    described(ListItem),
    described(TaskList),
    described(TaskItem).configure({
      nested: true,
      a11y: { checkboxLabel: (item) => i18next.t('task.done', { words: item.firstChild?.textContent }) },
    }),
    described(EvenTable).configure({ resizable: true, cellMinWidth: 60, View: TableView }),
    described(TableRow),
    described(TableCell),
    described(TableHeader),
    HorizontalRule.extend({
      addCommands() {
        return {
          setHorizontalRule:
            () =>
            ({ tr }) =>
              insertBlocks(tr, [this.type.create()]),
        }
      },
    }),
    CodeBlock,
    // Code that kept other marks out would lose the bold, the comment or the link that somebody else sets meanwhile.
    Code.extend({ excludes: 'code' }),
    TextStyle,
    orNone(Ink),
    orNone(FontFamily),
    orNone(FontSize),
    // Read from the page without a colour, as after a letter in the middle of it, it has none.
    Highlight.extend({
      addAttributes() {
        const { color } = (this.parent?.() ?? {}) as Record<string, Attribute | undefined>
        return { color: { ...color, parseHTML: (element) => (color?.parseHTML?.(element) as string) || null } }
      },
    }).configure({ multicolor: true }),
    Subscript,
    Superscript,
    TextAlign.extend({
      addCommands() {
        const { setTextAlign, ...others } = this.parent?.() ?? {}
        if (!setTextAlign) return others
        return {
          ...others,
          setTextAlign: (alignment) => (props) => {
            endWithLine(props)
            return setTextAlign(alignment)(props)
          },
        }
      },
      addKeyboardShortcuts() {
        const key = (alignment: Alignment) => () => {
          if (alignmentOf(this.editor) === null) return false
          align(this.editor, alignment)
          return true
        }
        return {
          'Mod-Shift-l': key('left'),
          'Mod-Shift-e': key('center'),
          'Mod-Shift-r': key('right'),
          'Mod-Shift-j': key('justify'),
        }
      },
    }).configure({ types: ['heading', 'paragraph'], defaultAlignment: null }),
    BlockAttributes,
    BlockIds,
    Picture,
    PageBreak,
    UnknownBlock,
    ...reservedMarks,
    CleanAttributes,
    Bearable,
  ]
}
