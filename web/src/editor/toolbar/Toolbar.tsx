import { ActionIcon, ColorSwatch, Menu, Select, Tooltip } from '@mantine/core'
import {
  IconAlignCenter,
  IconAlignJustified,
  IconAlignLeft,
  IconAlignRight,
  IconArrowBackUp,
  IconArrowForwardUp,
  IconBlockquote,
  IconBold,
  IconClearFormatting,
  IconCode,
  IconHighlight,
  IconIndentDecrease,
  IconIndentIncrease,
  IconItalic,
  IconLineHeight,
  IconList,
  IconListCheck,
  IconListNumbers,
  IconPalette,
  IconKeyboard,
  IconPhoto,
  IconSearch,
  IconStrikethrough,
  IconSubscript,
  IconSuperscript,
  IconTable,
  IconUnderline,
} from '@tabler/icons-react'
import type { Editor } from '@tiptap/core'
import { useEditorState } from '@tiptap/react'
import { useRef, type KeyboardEvent, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { LinkButton } from './LinkButton'

const COLORS = ['#000000', '#5f6368', '#b3261e', '#b06000', '#3d6b21', '#00696f', '#1a5fb4', '#5b4ab5', '#9a3b8b']
const MARKERS = ['#fff3a3', '#ffd8a8', '#ffc9c9', '#d3f9d8', '#c5f6fa', '#d0ebff', '#e5dbff']
const SIZES = ['8pt', '9pt', '10pt', '11pt', '12pt', '14pt', '18pt', '24pt', '30pt', '36pt', '48pt']
const FONTS = ['Arial', 'Georgia', 'Times New Roman', 'Courier New', 'Verdana', 'Trebuchet MS']

interface ButtonProps {
  label: string
  icon: ReactNode
  active?: boolean
  disabled?: boolean
  onClick: () => void
}

function Button({ label, icon, active, disabled, onClick }: ButtonProps) {
  return (
    <Tooltip label={label} openDelay={400}>
      <ActionIcon
        variant={active ? 'light' : 'subtle'}
        color={active ? undefined : 'gray'}
        size={34}
        aria-label={label}
        aria-pressed={active}
        disabled={disabled ?? false}
        onMouseDown={(event) => event.preventDefault()}
        onClick={onClick}
      >
        {icon}
      </ActionIcon>
    </Tooltip>
  )
}

function blockOf(editor: Editor): string {
  for (const level of [1, 2, 3, 4, 5, 6]) if (editor.isActive('heading', { level })) return `h${level}`
  return editor.isActive('codeBlock') ? 'code' : 'paragraph'
}

interface Props {
  editor: Editor
  onFind: () => void
  onHelp: () => void
}

/** One row of controls; Alt+F10 leads here, arrow keys move within it, Escape returns to the text. */
export function Toolbar({ editor, onFind, onHelp }: Props) {
  const { t } = useTranslation()
  const bar = useRef<HTMLDivElement>(null)
  const state = useEditorState({
    editor,
    selector: ({ editor: e }) => ({
      block: blockOf(e),
      bold: e.isActive('bold'),
      italic: e.isActive('italic'),
      underline: e.isActive('underline'),
      strike: e.isActive('strike'),
      code: e.isActive('code'),
      subscript: e.isActive('subscript'),
      superscript: e.isActive('superscript'),
      bullets: e.isActive('bulletList'),
      numbers: e.isActive('orderedList'),
      tasks: e.isActive('taskList'),
      quote: e.isActive('blockquote'),
      align: ['center', 'right', 'justify'].find((value) => e.isActive({ textAlign: value })) ?? 'left',
      table: e.isActive('table'),
      font: (e.getAttributes('textStyle').fontFamily as string | undefined) ?? null,
      size: (e.getAttributes('textStyle').fontSize as string | undefined) ?? null,
      canUndo: e.can().undo(),
      canRedo: e.can().redo(),
    }),
  })
  const move = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      editor.commands.focus()
      return
    }
    if (event.key !== 'ArrowRight' && event.key !== 'ArrowLeft') return
    if (event.target instanceof HTMLInputElement && !event.target.readOnly) return
    const items = [
      ...(bar.current?.querySelectorAll<HTMLElement>('button:not(:disabled), input:not([type=hidden])') ?? []),
    ]
    const at = items.indexOf(document.activeElement as HTMLElement)
    const step = (event.key === 'ArrowRight') === (document.dir !== 'rtl') ? 1 : -1
    items[(at + step + items.length) % items.length]?.focus()
    event.preventDefault()
  }
  const run = () => editor.chain().focus()
  const mod = navigator.platform.startsWith('Mac') ? '⌘' : 'Ctrl+'
  return (
    <div className="toolbar" role="toolbar" aria-label={t('toolbar.label')} ref={bar} onKeyDown={move}>
      <Button
        label={`${t('toolbar.undo')} (${mod}Z)`}
        icon={<IconArrowBackUp size={18} />}
        disabled={!state.canUndo}
        onClick={() => run().undo().run()}
      />
      <Button
        label={`${t('toolbar.redo')} (${mod}Y)`}
        icon={<IconArrowForwardUp size={18} />}
        disabled={!state.canRedo}
        onClick={() => run().redo().run()}
      />
      <span className="toolbar-gap" />
      <Select
        w={150}
        size="xs"
        aria-label={t('toolbar.style')}
        value={state.block}
        allowDeselect={false}
        data={[
          { value: 'paragraph', label: t('block.paragraph') },
          ...[1, 2, 3, 4, 5, 6].map((level) => ({ value: `h${level}`, label: t('block.heading', { level }) })),
          { value: 'code', label: t('block.code') },
        ]}
        onChange={(value) => {
          if (value === 'paragraph') run().setParagraph().run()
          else if (value === 'code') run().setCodeBlock().run()
          else if (value)
            run()
              .setHeading({ level: Number(value.slice(1)) as 1 })
              .run()
        }}
      />
      <Select
        w={130}
        size="xs"
        aria-label={t('toolbar.font')}
        placeholder={t('toolbar.font')}
        value={state.font}
        clearable
        data={FONTS}
        onChange={(value) => (value ? run().setFontFamily(value).run() : run().unsetFontFamily().run())}
      />
      <Select
        w={84}
        size="xs"
        aria-label={t('toolbar.size')}
        placeholder={t('toolbar.size')}
        value={state.size}
        clearable
        data={SIZES}
        onChange={(value) => (value ? run().setFontSize(value).run() : run().unsetFontSize().run())}
      />
      <span className="toolbar-gap" />
      <Button
        label={`${t('toolbar.bold')} (${mod}B)`}
        icon={<IconBold size={18} />}
        active={state.bold}
        onClick={() => run().toggleBold().run()}
      />
      <Button
        label={`${t('toolbar.italic')} (${mod}I)`}
        icon={<IconItalic size={18} />}
        active={state.italic}
        onClick={() => run().toggleItalic().run()}
      />
      <Button
        label={`${t('toolbar.underline')} (${mod}U)`}
        icon={<IconUnderline size={18} />}
        active={state.underline}
        onClick={() => run().toggleUnderline().run()}
      />
      <Button
        label={t('toolbar.strike')}
        icon={<IconStrikethrough size={18} />}
        active={state.strike}
        onClick={() => run().toggleStrike().run()}
      />
      <Button
        label={t('toolbar.code')}
        icon={<IconCode size={18} />}
        active={state.code}
        onClick={() => run().toggleCode().run()}
      />
      <Button
        label={t('toolbar.subscript')}
        icon={<IconSubscript size={18} />}
        active={state.subscript}
        onClick={() => run().toggleSubscript().run()}
      />
      <Button
        label={t('toolbar.superscript')}
        icon={<IconSuperscript size={18} />}
        active={state.superscript}
        onClick={() => run().toggleSuperscript().run()}
      />
      <Swatches
        label={t('toolbar.color')}
        icon={<IconPalette size={18} />}
        colors={COLORS}
        none={t('toolbar.color.none')}
        onPick={(value) => (value ? run().setColor(value).run() : run().unsetColor().run())}
      />
      <Swatches
        label={t('toolbar.highlight')}
        icon={<IconHighlight size={18} />}
        colors={MARKERS}
        none={t('toolbar.color.none')}
        onPick={(value) => (value ? run().setHighlight({ color: value }).run() : run().unsetHighlight().run())}
      />
      <LinkButton editor={editor} />
      <span className="toolbar-gap" />
      {(
        [
          ['left', <IconAlignLeft key="l" size={18} />],
          ['center', <IconAlignCenter key="c" size={18} />],
          ['right', <IconAlignRight key="r" size={18} />],
          ['justify', <IconAlignJustified key="j" size={18} />],
        ] as const
      ).map(([align, icon]) => (
        <Button
          key={align}
          label={t(`toolbar.align.${align}`)}
          icon={icon}
          active={state.align === align}
          onClick={() => (align === 'left' ? run().unsetTextAlign().run() : run().setTextAlign(align).run())}
        />
      ))}
      <Menu>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size={34} aria-label={t('toolbar.spacing')}>
            <IconLineHeight size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {['1', '1.15', '1.5', '2', '2.5', '3'].map((value) => (
            <Menu.Item key={value} onClick={() => run().setLineHeight(value).run()}>
              {value}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <span className="toolbar-gap" />
      <Button
        label={t('block.bullets')}
        icon={<IconList size={18} />}
        active={state.bullets}
        onClick={() => run().toggleBulletList().run()}
      />
      <Button
        label={t('block.numbers')}
        icon={<IconListNumbers size={18} />}
        active={state.numbers}
        onClick={() => run().toggleOrderedList().run()}
      />
      <Button
        label={t('block.tasks')}
        icon={<IconListCheck size={18} />}
        active={state.tasks}
        onClick={() => run().toggleTaskList().run()}
      />
      <Button
        label={t('toolbar.outdent')}
        icon={<IconIndentDecrease size={18} />}
        onClick={() => run().changeIndent(-1).run()}
      />
      <Button
        label={t('toolbar.indent')}
        icon={<IconIndentIncrease size={18} />}
        onClick={() => run().changeIndent(1).run()}
      />
      <Button
        label={t('block.quote')}
        icon={<IconBlockquote size={18} />}
        active={state.quote}
        onClick={() => run().toggleBlockquote().run()}
      />
      <TableMenu editor={editor} inside={state.table} />
      <Button label={t('toolbar.picture')} icon={<IconPhoto size={18} />} onClick={() => pickPicture(editor)} />
      <Button
        label={t('toolbar.clear')}
        icon={<IconClearFormatting size={18} />}
        onClick={() => run().unsetAllMarks().clearNodes().run()}
      />
      <span className="toolbar-gap" />
      <Button label={`${t('find.title')} (${mod}F)`} icon={<IconSearch size={18} />} onClick={onFind} />
      <Button label={`${t('shortcuts.title')} (${mod}/)`} icon={<IconKeyboard size={18} />} onClick={onHelp} />
    </div>
  )
}

function Swatches(props: {
  label: string
  icon: ReactNode
  colors: string[]
  none: string
  onPick: (color: string | null) => void
}) {
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={34} aria-label={props.label}>
          {props.icon}
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <div className="swatches">
          {props.colors.map((color) => (
            <Menu.Item key={color} w="auto" p={6} aria-label={color} onClick={() => props.onPick(color)}>
              <ColorSwatch color={color} size={20} />
            </Menu.Item>
          ))}
        </div>
        <Menu.Item onClick={() => props.onPick(null)}>{props.none}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

function TableMenu({ editor, inside }: { editor: Editor; inside: boolean }) {
  const { t } = useTranslation()
  const run = () => editor.chain().focus()
  if (!inside) {
    return (
      <Button
        label={t('block.table')}
        icon={<IconTable size={18} />}
        onClick={() => run().insertTable({ rows: 3, cols: 3, withHeaderRow: true }).run()}
      />
    )
  }
  const entries = [
    ['table.row.above', () => run().addRowBefore().run()],
    ['table.row.below', () => run().addRowAfter().run()],
    ['table.column.before', () => run().addColumnBefore().run()],
    ['table.column.after', () => run().addColumnAfter().run()],
    ['table.row.delete', () => run().deleteRow().run()],
    ['table.column.delete', () => run().deleteColumn().run()],
    ['table.merge', () => run().mergeOrSplit().run()],
    ['table.header.row', () => run().toggleHeaderRow().run()],
    ['table.header.column', () => run().toggleHeaderColumn().run()],
    ['table.delete', () => run().deleteTable().run()],
  ] as const
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="light" size={34} aria-label={t('table.menu')}>
          <IconTable size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {entries.map(([key, action]) => (
          <Menu.Item key={key} onClick={action}>
            {t(key)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

function pickPicture(editor: Editor): void {
  const input = document.createElement('input')
  input.type = 'file'
  input.accept = 'image/png,image/jpeg,image/gif,image/webp'
  input.onchange = () => {
    const file = input.files?.[0]
    const upload = editor.extensionManager.extensions.find((extension) => extension.name === 'image')?.options
      .upload as ((file: File) => Promise<string>) | undefined
    if (!file || !upload) return
    void upload(file).then((src) =>
      editor
        .chain()
        .focus()
        .insertContent({ type: 'image', attrs: { src, alt: file.name.replace(/\.\w+$/, '') } })
        .run(),
    )
  }
  input.click()
}
