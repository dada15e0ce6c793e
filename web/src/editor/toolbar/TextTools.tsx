import { Select } from '@mantine/core'
import {
  IconBold,
  IconClearFormatting,
  IconCode,
  IconHighlight,
  IconItalic,
  IconLetterA,
  IconLink,
  IconStrikethrough,
  IconSubscript,
  IconSuperscript,
  IconUnderline,
} from '@tabler/icons-react'
import type { Editor } from '@tiptap/core'
import { useEditorState } from '@tiptap/react'
import { useTranslation } from 'react-i18next'
import { DEFAULT_FONT, lookOf } from '../look'
import { SizeField } from './SizeField'
import { COLORS, MARKERS, Swatches } from './Swatches'
import { ToolButton } from './ToolButton'

/** Each with what stands in for it where it is missing. */
const FONTS: Record<string, 'sans-serif' | 'serif' | 'monospace' | 'cursive'> = {
  Arial: 'sans-serif',
  Calibri: 'sans-serif',
  Cambria: 'serif',
  'Comic Sans MS': 'cursive',
  'Courier New': 'monospace',
  Garamond: 'serif',
  Georgia: 'serif',
  Helvetica: 'sans-serif',
  Impact: 'sans-serif',
  'Lucida Console': 'monospace',
  'Palatino Linotype': 'serif',
  Tahoma: 'sans-serif',
  'Times New Roman': 'serif',
  'Trebuchet MS': 'sans-serif',
  Verdana: 'sans-serif',
}
const MARKS = [
  { name: 'bold', icon: IconBold },
  { name: 'italic', icon: IconItalic },
  { name: 'underline', icon: IconUnderline },
  { name: 'strike', icon: IconStrikethrough },
  { name: 'code', icon: IconCode },
  { name: 'subscript', icon: IconSubscript },
  { name: 'superscript', icon: IconSuperscript },
] as const

function blockOf(editor: Editor): string {
  for (const level of [1, 2, 3, 4, 5, 6]) if (editor.isActive('heading', { level })) return `h${level}`
  return editor.isActive('codeBlock') ? 'code' : 'paragraph'
}

/** What a value is called when the document holds one that the list does not offer. */
const offering = (values: string[], value: string | null) =>
  value === null || values.includes(value) ? values : [value, ...values]

/** The look of characters: style, font, size, marks, colours, link. */
export function TextTools({ editor, onLink }: { editor: Editor; onLink: () => void }) {
  const { t } = useTranslation()
  const state = useEditorState({
    editor,
    selector: ({ editor: e }) => {
      const style = e.getAttributes('textStyle') as Record<string, string | null | undefined>
      return {
        block: blockOf(e),
        on: MARKS.filter(({ name }) => e.isActive(name)).map(({ name }) => name as string),
        link: e.isActive('link'),
        ...lookOf(e.state),
        color: style.color ?? null,
        marker: (e.getAttributes('highlight').color as string | undefined) ?? null,
      }
    },
  })
  const run = () => editor.chain().focus()
  return (
    <>
      <Select
        w={112}
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
        w={100}
        size="xs"
        aria-label={t('toolbar.font')}
        value={state.font}
        allowDeselect={false}
        data={offering(Object.keys(FONTS), state.font)}
        comboboxProps={{ width: 190, position: 'bottom-start' }}
        renderOption={({ option }) => <span style={{ fontFamily: option.value }}>{option.label}</span>}
        onChange={(value) => {
          if (value === DEFAULT_FONT) run().unsetFontFamily().run()
          else if (value)
            run()
              .setFontFamily(FONTS[value] ? `${value}, ${FONTS[value]}` : value)
              .run()
        }}
      />
      <SizeField editor={editor} size={state.size} />
      <span className="toolbar-gap" />
      {MARKS.map(({ name, icon: Icon }) => (
        <ToolButton
          key={name}
          label={t(`toolbar.${name}`)}
          shortcut={`toolbar.${name}`}
          icon={<Icon size={18} />}
          active={state.on.includes(name)}
          onClick={() => run().toggleMark(name).run()}
        />
      ))}
      <Swatches
        label={t('toolbar.color')}
        icon={<IconLetterA size={18} />}
        colors={COLORS}
        plain="light-dark(#000, #e8eaed)"
        value={state.color}
        onPick={(value) => (value ? run().setColor(value).run() : run().unsetColor().run())}
      />
      <Swatches
        label={t('toolbar.highlight')}
        icon={<IconHighlight size={18} />}
        colors={MARKERS}
        value={state.marker}
        onPick={(value) => (value ? run().setHighlight({ color: value }).run() : run().unsetHighlight().run())}
      />
      <ToolButton
        label={t('toolbar.clear')}
        shortcut="toolbar.clear"
        icon={<IconClearFormatting size={18} />}
        onClick={() => run().clearFormatting().run()}
      />
      <span className="toolbar-gap" />
      <ToolButton
        label={t('toolbar.link')}
        shortcut="toolbar.link"
        icon={<IconLink size={18} />}
        active={state.link}
        onClick={onLink}
      />
    </>
  )
}
