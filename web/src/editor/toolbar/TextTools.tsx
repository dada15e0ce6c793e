import { Select } from '@mantine/core'
import {
  IconBold,
  IconClearFormatting,
  IconCode,
  IconHighlight,
  IconItalic,
  IconLink,
  IconStrikethrough,
  IconSubscript,
  IconSuperscript,
  IconTypography,
  IconUnderline,
} from '@tabler/icons-react'
import type { Editor } from '@tiptap/core'
import { useEditorState } from '@tiptap/react'
import { useTranslation } from 'react-i18next'
import { COLORS, MARKERS, Swatches } from './Swatches'
import { ToolButton } from './ToolButton'

const SIZES = ['8pt', '9pt', '10pt', '11pt', '12pt', '14pt', '18pt', '24pt', '30pt', '36pt', '48pt']
const FONTS = ['Arial', 'Georgia', 'Times New Roman', 'Courier New', 'Verdana', 'Trebuchet MS']
const MARKS = [
  { name: 'bold', keys: 'Mod+B', icon: IconBold },
  { name: 'italic', keys: 'Mod+I', icon: IconItalic },
  { name: 'underline', keys: 'Mod+U', icon: IconUnderline },
  { name: 'strike', keys: 'Alt+Shift+5', icon: IconStrikethrough },
  { name: 'code', keys: 'Mod+E', icon: IconCode },
  { name: 'subscript', keys: 'Mod+,', icon: IconSubscript },
  { name: 'superscript', keys: 'Mod+.', icon: IconSuperscript },
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
        font: style.fontFamily ?? null,
        size: style.fontSize ?? null,
        color: style.color ?? null,
        marker: (e.getAttributes('highlight').color as string | undefined) ?? null,
      }
    },
  })
  const run = () => editor.chain().focus()
  return (
    <>
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
        data={offering(FONTS, state.font)}
        renderOption={({ option }) => <span style={{ fontFamily: option.value }}>{option.label}</span>}
        onChange={(value) => (value ? run().setFontFamily(value).run() : run().unsetFontFamily().run())}
      />
      <Select
        w={84}
        size="xs"
        aria-label={t('toolbar.size')}
        placeholder={t('toolbar.size')}
        value={state.size}
        clearable
        data={offering(SIZES, state.size)}
        onChange={(value) => (value ? run().setFontSize(value).run() : run().unsetFontSize().run())}
      />
      <span className="toolbar-gap" />
      {MARKS.map(({ name, keys, icon: Icon }) => (
        <ToolButton
          key={name}
          label={t(`toolbar.${name}`)}
          keys={keys}
          icon={<Icon size={18} />}
          active={state.on.includes(name)}
          onClick={() => run().toggleMark(name).run()}
        />
      ))}
      <Swatches
        label={t('toolbar.color')}
        icon={<IconTypography size={18} />}
        colors={COLORS}
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
        keys="Mod+\"
        icon={<IconClearFormatting size={18} />}
        onClick={() => run().clearFormatting().run()}
      />
      <span className="toolbar-gap" />
      <ToolButton
        label={t('toolbar.link')}
        keys="Mod+K"
        icon={<IconLink size={18} />}
        active={state.link}
        onClick={onLink}
      />
    </>
  )
}
