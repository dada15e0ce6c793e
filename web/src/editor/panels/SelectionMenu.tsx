import { ActionIcon, Paper } from '@mantine/core'
import { IconBold, IconCode, IconHighlight, IconItalic, IconStrikethrough, IconUnderline } from '@tabler/icons-react'
import type { Editor } from '@tiptap/core'
import { useEditorState } from '@tiptap/react'
import { BubbleMenu } from '@tiptap/react/menus'
import { useTranslation } from 'react-i18next'
import { LinkButton } from '../toolbar/LinkButton'

const MARKS = [
  { name: 'bold', icon: IconBold, run: (e: Editor) => e.chain().focus().toggleBold().run() },
  { name: 'italic', icon: IconItalic, run: (e: Editor) => e.chain().focus().toggleItalic().run() },
  { name: 'underline', icon: IconUnderline, run: (e: Editor) => e.chain().focus().toggleUnderline().run() },
  { name: 'strike', icon: IconStrikethrough, run: (e: Editor) => e.chain().focus().toggleStrike().run() },
  { name: 'code', icon: IconCode, run: (e: Editor) => e.chain().focus().toggleCode().run() },
  { name: 'highlight', icon: IconHighlight, run: (e: Editor) => e.chain().focus().toggleHighlight().run() },
]

/** The formats one wants most, beside a selection of text. */
export function SelectionMenu({ editor }: { editor: Editor }) {
  const { t } = useTranslation()
  const active = useEditorState({
    editor,
    selector: ({ editor: e }) => MARKS.filter(({ name }) => e.isActive(name)).map(({ name }) => name),
  })
  return (
    <BubbleMenu
      editor={editor}
      options={{ placement: 'top' }}
      shouldShow={({ editor: e, state }) =>
        e.isEditable && !state.selection.empty && 'from' in state.selection && !e.isActive('codeBlock') && isText(e)
      }
    >
      <Paper className="selection-menu" role="toolbar" aria-label={t('toolbar.selection')} withBorder shadow="md">
        {MARKS.map(({ name, icon: Icon, run }) => (
          <ActionIcon
            key={name}
            variant={active.includes(name) ? 'light' : 'subtle'}
            color={active.includes(name) ? undefined : 'gray'}
            aria-label={t(`toolbar.${name}`)}
            aria-pressed={active.includes(name)}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => run(editor)}
          >
            <Icon size={17} />
          </ActionIcon>
        ))}
        <LinkButton editor={editor} shortcut={false} />
      </Paper>
    </BubbleMenu>
  )
}

/** Whether the selection holds words, not a picture or a whole table. */
function isText(editor: Editor): boolean {
  const { from, to } = editor.state.selection
  return editor.state.doc.textBetween(from, to).trim() !== ''
}
