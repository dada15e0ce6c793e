/** The menus: what they offer, and what is possible and on at this moment. */
import type { Editor } from '@tiptap/core'
import type { TFunction } from 'i18next'
import { FORMATS } from '../../api/client'
import { cutOrCopy, nothingSelected, pasteFromClipboard, pasteMarkdownFromClipboard, selectAll } from '../clipboard'
import { block } from '../commands'
import { align, alignmentOf, ALIGNMENTS } from '../alignment'
import { LINE_HEIGHTS } from '../extensions/blockAttributes'
import { smartQuotes } from '../extensions/smartQuotes'
import type { PageActions, Panel } from '../panels/panel'
import { pickPictures } from '../picture/pick'
import { originalSize, selectedPicture, step } from '../picture/resize'
import { headingKeys, keysHere, type Shortcut } from '../shortcuts'
import { tableCommands } from '../table/commands'
import { TableGrid } from '../table/TableGrid'
import { wholeText } from '../windowing/wholeText'
import type { Command, Entry, MenuOf } from './entries'

const MARKS = ['bold', 'italic', 'underline', 'strike', 'superscript', 'subscript', 'code'] as const
const HEADINGS = [1, 2, 3, 4, 5, 6] as const

/** What the menus go by. */
interface Context {
  editor: Editor
  page: PageActions
  open: (panel: Panel) => void
  t: TFunction
  /** Whether anybody sees them: only then is the state of the text asked for. */
  opened: boolean
  writable: boolean
}

export function menusOf(context: Context): MenuOf[] {
  const { t, writable, open } = context
  return [
    { label: t('menu.file'), items: fileMenu(context) },
    { label: t('menu.edit'), items: writable ? editMenu(context) : readersEditMenu(context) },
    { label: t('menu.view'), items: viewMenu(context) },
    ...(writable
      ? [
          { label: t('menu.insert'), items: insertMenu(context) },
          { label: t('menu.format'), items: formatMenu(context) },
        ]
      : []),
    { label: t('menu.tools'), items: toolsMenu(context) },
    { label: t('menu.help'), items: [withKeys(t, 'shortcuts.title', () => open('help'))] },
  ]
}

/** One thing to do, called as its keys are. */
function withKeys(t: TFunction, shortcut: Shortcut, run: () => void, more: Partial<Command> = {}): Command {
  return { label: t(shortcut), keys: keysHere(shortcut), run, ...more }
}

function fileMenu({ page, t }: Context): Entry[] {
  const file: Entry[] = [
    ...(page.create ? [{ label: t('documents.new'), run: page.create }] : []),
    ...(page.copy ? [{ label: t('documents.copy'), run: page.copy }] : []),
    ...(page.share ? [{ label: t('share'), run: page.share }] : []),
    ...(page.rename ? [{ label: t('rename'), run: page.rename }] : []),
    ...(page.create || page.rename ? ['line' as const] : []),
    {
      label: t('document.download'),
      items: FORMATS.map((format) => ({ label: t(`format.${format}`), run: () => page.download(format) })),
    },
    withKeys(t, 'document.print', () => window.print()),
  ]
  if (page.trash) file.push('line', { label: t('trash.move'), danger: true, run: page.trash })
  return file
}

function editMenu(context: Context): Entry[] {
  const { editor, opened, t } = context
  const paste = (from: (editor: Editor) => Promise<void>) => () =>
    void from(editor).catch(() => sayKeys(context, 'menu.paste'))
  return [
    withKeys(t, 'toolbar.undo', () => editor.chain().focus().undo().run(), {
      disabled: !opened || !editor.can().undo(),
    }),
    withKeys(t, 'toolbar.redo', () => editor.chain().focus().redo().run(), {
      disabled: !opened || !editor.can().redo(),
    }),
    'line',
    cutOrCopyEntry(context, 'cut'),
    cutOrCopyEntry(context, 'copy'),
    withKeys(t, 'menu.paste', paste(pasteFromClipboard)),
    { label: t('menu.paste.markdown'), run: paste(pasteMarkdownFromClipboard) },
    'line',
    ...lookingEntries(context),
  ]
}

function readersEditMenu(context: Context): Entry[] {
  return [cutOrCopyEntry(context, 'copy'), 'line', ...lookingEntries(context)]
}

function cutOrCopyEntry(context: Context, command: 'cut' | 'copy'): Entry {
  const { editor, opened, t } = context
  const run = () => void (cutOrCopy(editor, command) || sayKeys(context, `menu.${command}`))
  return withKeys(t, `menu.${command}`, run, { disabled: !opened || nothingSelected(editor) })
}

/** The browser lets no menu do it: says the keys that do. */
function sayKeys({ page, t }: Context, shortcut: Shortcut): void {
  page.say(t('menu.clipboard.refused', { keys: keysHere(shortcut) }))
}

function lookingEntries({ editor, open, t, writable }: Context): Entry[] {
  return [
    withKeys(t, 'menu.select.all', () => selectAll(editor)),
    withKeys(t, writable ? 'find.title' : 'find.term', () => open('find')),
  ]
}

function viewMenu({ editor, page, open, t }: Context): Entry[] {
  return [
    { label: t('outline.title'), active: page.outline.shown, run: page.outline.toggle },
    'line',
    { label: t('theme.dark'), active: page.theme.dark, run: page.theme.toggle },
    { label: t('whole.title'), active: wholeText.on, run: () => editor.commands.toggleWholeText() },
    'line',
    withKeys(t, 'words.title', () => open('words')),
  ]
}

function toolsMenu({ open, t, opened, writable }: Context): Entry[] {
  return [
    withKeys(t, 'words.title', () => open('words')),
    ...(writable
      ? [{ label: t('menu.quotes'), active: opened && smartQuotes.on, run: () => smartQuotes.toggle() }]
      : []),
  ]
}

function insertMenu(context: Context): Entry[] {
  const { editor, open, t } = context
  return [
    { label: t('block.picture'), run: () => pickPictures(editor) },
    {
      label: t('block.table'),
      show: (close) => (
        <TableGrid
          onPick={(rows, cols) => {
            close()
            editor.chain().focus().insertTable({ rows, cols, withHeaderRow: true }).run()
          }}
        />
      ),
    },
    withKeys(t, 'toolbar.link', () => open('link')),
    { label: t('emoji.title'), run: () => open('emoji') },
    'line',
    blockEntry(context, 'block.rule'),
    withKeys(t, 'block.page', () => block('block.page').run(editor)),
    blockEntry(context, 'block.code'),
    blockEntry(context, 'block.quote'),
  ]
}

function formatMenu(context: Context): Entry[] {
  const { editor, opened, t } = context
  const is = isActive(context)
  return [
    { label: t('menu.text'), items: textEntries(context) },
    { label: t('toolbar.style'), items: styleEntries(context) },
    { label: t('menu.align'), items: paragraphEntries(context) },
    {
      label: t('toolbar.spacing'),
      items: LINE_HEIGHTS.map((value) => ({
        label: t(`spacing.${value}`, { defaultValue: value }),
        active: is({ lineHeight: value }),
        run: () => editor.chain().focus().setLineHeight(value).run(),
      })),
    },
    {
      label: t('menu.lists'),
      items: [
        blockEntry(context, 'block.bullets', is('bulletList')),
        blockEntry(context, 'block.numbers', is('orderedList')),
        blockEntry(context, 'block.tasks', is('taskList')),
      ],
    },
    'line',
    {
      label: t('picture.menu'),
      disabled: !opened || selectedPicture(editor) === null,
      items: opened ? pictureEntries(context) : [],
    },
    {
      label: t('block.table'),
      disabled: !is('table'),
      items: (is('table') ? tableCommands(editor) : []).map(({ key, run, possible }) => ({
        label: t(key),
        disabled: !possible(),
        run,
      })),
    },
    'line',
    withKeys(t, 'toolbar.clear', () => editor.chain().focus().clearFormatting().run()),
  ]
}

function isActive({ editor, opened }: Context) {
  return (what: string | Record<string, unknown>, attributes?: Record<string, unknown>): boolean =>
    opened && (typeof what === 'string' ? editor.isActive(what, attributes) : editor.isActive(what))
}

function blockEntry({ editor, t }: Context, key: string, active?: boolean): Entry {
  return { label: t(key), ...(active === undefined ? {} : { active }), run: () => block(key).run(editor) }
}

function textEntries(context: Context): Entry[] {
  const is = isActive(context)
  return MARKS.map((name) =>
    withKeys(context.t, `toolbar.${name}`, () => context.editor.chain().focus().toggleMark(name).run(), {
      active: is(name),
    }),
  )
}

function styleEntries(context: Context): Entry[] {
  const { editor, t } = context
  const is = isActive(context)
  return [
    withKeys(t, 'block.paragraph', () => editor.chain().focus().setParagraph().run(), { active: is('paragraph') }),
    ...HEADINGS.map((level) => ({
      label: t('block.heading', { level }),
      keys: headingKeys(level),
      active: is('heading', { level }),
      run: () => editor.chain().focus().setHeading({ level }).run(),
    })),
    blockEntry(context, 'block.quote', is('blockquote')),
    blockEntry(context, 'block.code', is('codeBlock')),
  ]
}

function paragraphEntries(context: Context): Entry[] {
  const { editor, t } = context
  const run = () => editor.chain().focus()
  return [
    ...ALIGNMENTS.map((alignment) =>
      withKeys(t, `toolbar.align.${alignment}`, () => align(editor, alignment), {
        active: alignmentOf(editor) === alignment,
      }),
    ),
    'line',
    withKeys(t, 'toolbar.indent', () => run().changeIndent(1).run()),
    withKeys(t, 'toolbar.outdent', () => run().changeIndent(-1).run()),
  ]
}

function pictureEntries({ editor, open, t }: Context): Entry[] {
  return [
    { label: t('picture.alt'), run: () => open('alt') },
    'line',
    withKeys(t, 'picture.larger', () => step(editor, 1)),
    withKeys(t, 'picture.smaller', () => step(editor, -1)),
    { label: t('picture.original'), run: () => originalSize(editor) },
    'line',
    ...(['left', 'center', 'right'] as const).map((alignment) => ({
      label: t(`toolbar.align.${alignment}`),
      active: alignmentOf(editor) === alignment,
      run: () => align(editor, alignment),
    })),
  ]
}
