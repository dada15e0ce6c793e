import { ActionIcon, Menu, Tooltip } from '@mantine/core'
import {
  IconAlignCenter,
  IconAlignJustified,
  IconAlignLeft,
  IconAlignRight,
  IconBlockquote,
  IconIndentDecrease,
  IconIndentIncrease,
  IconLineHeight,
  IconList,
  IconListCheck,
  IconListNumbers,
  type Icon,
} from '@tabler/icons-react'
import type { Editor } from '@tiptap/core'
import { useEditorState } from '@tiptap/react'
import { useTranslation } from 'react-i18next'
import { align, alignmentOf, ALIGNMENTS, type Alignment } from '../alignment'
import { LINE_HEIGHTS } from '../extensions/blockAttributes'
import { ToolButton } from './ToolButton'

const ICONS: Record<Alignment, Icon> = {
  left: IconAlignLeft,
  center: IconAlignCenter,
  right: IconAlignRight,
  justify: IconAlignJustified,
}

/** The look of paragraphs: alignment, spacing, lists, indent. */
export function ParagraphTools({ editor }: { editor: Editor }) {
  const { t } = useTranslation()
  const state = useEditorState({
    editor,
    selector: ({ editor: e }) => ({
      bullets: e.isActive('bulletList'),
      numbers: e.isActive('orderedList'),
      tasks: e.isActive('taskList'),
      quote: e.isActive('blockquote'),
      alignment: alignmentOf(e),
      spacing: LINE_HEIGHTS.find((value) => e.isActive({ lineHeight: value })) ?? null,
    }),
  })
  const run = () => editor.chain().focus()
  return (
    <>
      {ALIGNMENTS.map((alignment) => {
        const Shown = ICONS[alignment]
        return (
          <ToolButton
            key={alignment}
            label={t(`toolbar.align.${alignment}`)}
            shortcut={`toolbar.align.${alignment}`}
            icon={<Shown size={18} />}
            active={state.alignment === alignment}
            onClick={() => align(editor, alignment)}
          />
        )
      })}
      <Menu>
        <Menu.Target>
          <Tooltip label={t('toolbar.spacing')} openDelay={400}>
            <ActionIcon
              variant={state.spacing ? 'light' : 'subtle'}
              color={state.spacing ? undefined : 'gray'}
              size={34}
              aria-label={t('toolbar.spacing')}
              onMouseDown={(event) => event.preventDefault()}
            >
              <IconLineHeight size={18} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.RadioGroup
            value={state.spacing ?? ''}
            onChange={(value) =>
              run()
                .setLineHeight(value || null)
                .run()
            }
          >
            <Menu.RadioItem closeMenuOnClick value="">
              {t('spacing.normal')}
            </Menu.RadioItem>
            {LINE_HEIGHTS.map((value) => (
              <Menu.RadioItem key={value} closeMenuOnClick value={value}>
                {t(`spacing.${value}`, { defaultValue: value })}
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
        </Menu.Dropdown>
      </Menu>
      <span className="toolbar-gap" />
      <ToolButton
        label={t('block.bullets')}
        shortcut="block.bullets"
        icon={<IconList size={18} />}
        active={state.bullets}
        onClick={() => run().toggleBulletList().run()}
      />
      <ToolButton
        label={t('block.numbers')}
        shortcut="block.numbers"
        icon={<IconListNumbers size={18} />}
        active={state.numbers}
        onClick={() => run().toggleOrderedList().run()}
      />
      <ToolButton
        label={t('block.tasks')}
        shortcut="block.tasks"
        icon={<IconListCheck size={18} />}
        active={state.tasks}
        onClick={() => run().toggleTaskList().run()}
      />
      <ToolButton
        label={t('toolbar.outdent')}
        shortcut="toolbar.outdent"
        icon={<IconIndentDecrease size={18} />}
        onClick={() => run().changeIndent(-1).run()}
      />
      <ToolButton
        label={t('toolbar.indent')}
        shortcut="toolbar.indent"
        icon={<IconIndentIncrease size={18} />}
        onClick={() => run().changeIndent(1).run()}
      />
      <ToolButton
        label={t('block.quote')}
        shortcut="block.quote"
        icon={<IconBlockquote size={18} />}
        active={state.quote}
        onClick={() => run().toggleBlockquote().run()}
      />
    </>
  )
}
