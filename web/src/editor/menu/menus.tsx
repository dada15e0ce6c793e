/** The menus: what they offer, and what is possible and on at this moment. */
import type { Editor } from '@tiptap/core'
import type { TFunction } from 'i18next'
import { FORMATS } from '../../api/client'
import { cutOrCopy, nothingSelected, pasteFromClipboard, pasteMarkdownFromClipboard, selectAll } from '../clipboard'
import { block } from '../commands'
import { LINE_HEIGHTS } from '../extensions/blockAttributes'
import { smartQuotes } from '../extensions/smartQuotes'
import type { PageActions, Panel } from '../panels/panel'
import { pickPictures } from '../picture/pick'
import { originalSize, selectedPicture, step } from '../picture/resize'
import { tableCommands } from '../table/commands'
import { TableGrid } from '../table/TableGrid'
import { keysHere, type Entry, type MenuOf } from './entries'

const MARKS = [
  ['bold', 'Mod+B'],
  ['italic', 'Mod+I'],
  ['underline', 'Mod+U'],
  ['strike', 'Alt+Shift+5'],
  ['superscript', 'Mod+.'],
  ['subscript', 'Mod+,'],
  ['code', 'Mod+E'],
] as const
const ALIGNMENTS = [
  ['left', 'Mod+Shift+L'],
  ['center', 'Mod+Shift+E'],
  ['right', 'Mod+Shift+R'],
  ['justify', 'Mod+Shift+J'],
] as const

/** `opened` says whether anybody sees it: only then is the state of the text asked for. */
export function menusOf(
  editor: Editor,
  page: PageActions,
  open: (panel: Panel) => void,
  t: TFunction,
  opened: boolean,
  writable: boolean,
): MenuOf[] {
  const is = (name: string, attributes?: Record<string, unknown>) => opened && editor.isActive(name, attributes)
  const run = () => editor.chain().focus()
  const named = (key: string, active?: boolean): Entry => ({
    label: t(key),
    ...(active === undefined ? {} : { active }),
    run: () => block(key).run(editor),
  })

  const file: Entry[] = [
    ...(page.create ? [{ label: t('documents.new'), run: page.create }] : []),
    ...(page.copy ? [{ label: t('documents.copy'), run: page.copy }] : []),
    ...(page.share ? [{ label: t('share'), run: page.share }] : []),
    ...(page.rename ? [{ label: t('rename'), run: page.rename }] : []),
    ...(page.create || page.rename ? ['line' as const] : []),
    {
      label: t('document.download'),
      items: FORMATS.map((format) => ({
        label: t(`format.${format}`),
        run: () => page.download(format),
      })),
    },
    { label: t('document.print'), keys: 'Mod+P', run: () => window.print() },
  ]
  if (page.trash) file.push('line', { label: t('trash.move'), danger: true, run: page.trash })

  const refused = (keys: string) => page.say(t('menu.clipboard.refused', { keys: keysHere(keys) }))
  const [cut, copy] = (['cut', 'copy'] as const).map((command): Entry => {
    const keys = command === 'cut' ? 'Mod+X' : 'Mod+C'
    return {
      label: t(`menu.${command}`),
      keys,
      disabled: !opened || nothingSelected(editor),
      run: () => void (cutOrCopy(editor, command) || refused(keys)),
    }
  }) as [Entry, Entry]
  const looking: Entry[] = [
    { label: t('menu.select.all'), keys: 'Mod+A', run: () => selectAll(editor) },
    { label: t(writable ? 'find.title' : 'find.term'), keys: 'Mod+F', run: () => open('find') },
  ]
  const edit: Entry[] = [
    {
      label: t('toolbar.undo'),
      keys: 'Mod+Z',
      disabled: !opened || !editor.can().undo(),
      run: () => run().undo().run(),
    },
    {
      label: t('toolbar.redo'),
      keys: 'Mod+Shift+Z',
      disabled: !opened || !editor.can().redo(),
      run: () => run().redo().run(),
    },
    'line',
    cut,
    copy,
    {
      label: t('menu.paste'),
      keys: 'Mod+V',
      run: () => void pasteFromClipboard(editor).catch(() => refused('Mod+V')),
    },
    {
      label: t('menu.paste.markdown'),
      run: () => void pasteMarkdownFromClipboard(editor).catch(() => refused('Mod+V')),
    },
    'line',
    ...looking,
  ]

  const view: Entry[] = [
    // A narrow window has no room beside the page.
    ...(matchMedia('(max-width: 900px)').matches
      ? []
      : [{ label: t('outline.title'), active: page.outline.shown, run: page.outline.toggle }, 'line' as const]),
    { label: t('theme.dark'), active: page.theme.dark, run: page.theme.toggle },
    'line',
    { label: t('words.title'), keys: 'Mod+Shift+C', run: () => open('words') },
  ]

  const tools: Entry[] = [
    { label: t('words.title'), keys: 'Mod+Shift+C', run: () => open('words') },
    ...(writable
      ? [{ label: t('menu.quotes'), active: opened && smartQuotes.on, run: () => smartQuotes.toggle() }]
      : []),
  ]

  const insert: Entry[] = [
    { label: t('block.picture'), run: () => pickPictures(editor) },
    {
      label: t('block.table'),
      show: (close) => (
        <TableGrid
          onPick={(rows, cols) => {
            close()
            run().insertTable({ rows, cols, withHeaderRow: true }).run()
          }}
        />
      ),
    },
    { label: t('toolbar.link'), keys: 'Mod+K', run: () => open('link') },
    { label: t('emoji.title'), run: () => open('emoji') },
    'line',
    named('block.rule'),
    { label: t('block.page'), keys: 'Mod+Enter', run: () => run().insertPageBreak().run() },
    named('block.code'),
    named('block.quote'),
  ]

  const format: Entry[] = [
    {
      label: t('menu.text'),
      items: MARKS.map(([name, keys]) => ({
        label: t(`toolbar.${name}`),
        keys,
        active: is(name),
        run: () => run().toggleMark(name).run(),
      })),
    },
    {
      label: t('toolbar.style'),
      items: [
        {
          label: t('block.paragraph'),
          keys: 'Mod+Alt+0',
          active: is('paragraph'),
          run: () => run().setParagraph().run(),
        },
        ...([1, 2, 3, 4, 5, 6] as const).map((level) => ({
          label: t('block.heading', { level }),
          keys: `Mod+Alt+${level}`,
          active: is('heading', { level }),
          run: () => run().setHeading({ level }).run(),
        })),
        named('block.quote', is('blockquote')),
        named('block.code', is('codeBlock')),
      ],
    },
    {
      label: t('menu.align'),
      items: [
        ...ALIGNMENTS.map(([align, keys]) => ({
          label: t(`toolbar.align.${align}`),
          keys,
          active: opened && editor.isActive({ textAlign: align }),
          run: () => (align === 'left' ? run().unsetTextAlign().run() : run().setTextAlign(align).run()),
        })),
        'line',
        { label: t('toolbar.indent'), keys: 'Mod+]', run: () => run().changeIndent(1).run() },
        { label: t('toolbar.outdent'), keys: 'Mod+[', run: () => run().changeIndent(-1).run() },
      ],
    },
    {
      label: t('toolbar.spacing'),
      items: LINE_HEIGHTS.map((value) => ({
        label: t(`spacing.${value}`, { defaultValue: value }),
        active: opened && editor.isActive({ lineHeight: value }),
        run: () => run().setLineHeight(value).run(),
      })),
    },
    {
      label: t('menu.lists'),
      items: [
        named('block.bullets', is('bulletList')),
        named('block.numbers', is('orderedList')),
        named('block.tasks', is('taskList')),
      ],
    },
    'line',
    {
      label: t('picture.menu'),
      disabled: !opened || selectedPicture(editor) === null,
      items: opened ? picture(editor, open, t) : [],
    },
    {
      label: t('block.table'),
      disabled: !is('table'),
      items: (is('table') ? tableCommands(editor) : []).map(({ key, run: change, possible }) => ({
        label: t(key),
        disabled: !possible(),
        run: change,
      })),
    },
    'line',
    { label: t('toolbar.clear'), keys: 'Mod+\\', run: () => run().clearFormatting().run() },
  ]

  return [
    { label: t('menu.file'), items: file },
    { label: t('menu.edit'), items: writable ? edit : [copy, 'line', ...looking] },
    { label: t('menu.view'), items: view },
    ...(writable
      ? [
          { label: t('menu.insert'), items: insert },
          { label: t('menu.format'), items: format },
        ]
      : []),
    { label: t('menu.tools'), items: tools },
    { label: t('menu.help'), items: [{ label: t('shortcuts.title'), keys: 'Mod+/', run: () => open('help') }] },
  ]
}

function picture(editor: Editor, open: (panel: Panel) => void, t: TFunction): Entry[] {
  return [
    { label: t('picture.alt'), run: () => open('alt') },
    'line',
    { label: t('picture.larger'), keys: 'Alt+Shift+↑', run: () => step(editor, 1) },
    { label: t('picture.smaller'), keys: 'Alt+Shift+↓', run: () => step(editor, -1) },
    { label: t('picture.original'), run: () => originalSize(editor) },
    'line',
    ...(['left', 'center', 'right'] as const).map((align) => ({
      label: t(`toolbar.align.${align}`),
      active: editor.isActive('image', { align }),
      run: () => editor.chain().focus().updateAttributes('image', { align }).run(),
    })),
  ]
}
