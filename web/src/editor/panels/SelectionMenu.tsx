import { Paper } from '@mantine/core'
import {
  IconBold,
  IconCode,
  IconHighlight,
  IconItalic,
  IconLink,
  IconStrikethrough,
  IconUnderline,
} from '@tabler/icons-react'
import type { Editor } from '@tiptap/core'
import { useEditorState } from '@tiptap/react'
import { useTranslation } from 'react-i18next'
import { CellSelection } from '@tiptap/pm/tables'
import { ToolButton } from '../toolbar/ToolButton'
import { Bubble } from './Bubble'

const MARKS = [
  { name: 'bold', icon: IconBold, run: (e: Editor) => e.chain().focus().toggleBold().run() },
  { name: 'italic', icon: IconItalic, run: (e: Editor) => e.chain().focus().toggleItalic().run() },
  { name: 'underline', icon: IconUnderline, run: (e: Editor) => e.chain().focus().toggleUnderline().run() },
  { name: 'strike', icon: IconStrikethrough, run: (e: Editor) => e.chain().focus().toggleStrike().run() },
  { name: 'code', icon: IconCode, run: (e: Editor) => e.chain().focus().toggleCode().run() },
  { name: 'highlight', icon: IconHighlight, run: (e: Editor) => e.chain().focus().toggleHighlight().run() },
]

/** The formats one wants most, beside a selection of text. */
export function SelectionMenu({ editor, onLink }: { editor: Editor; onLink: () => void }) {
  const { t } = useTranslation()
  const { active, linked } = useEditorState({
    editor,
    selector: ({ editor: e }) => ({
      active: MARKS.filter(({ name }) => e.isActive(name)).map(({ name }) => name),
      linked: e.isActive('link'),
    }),
  })
  return (
    <Bubble
      editor={editor}
      options={{ placement: 'top' }}
      shouldShow={({ editor: e, state }) =>
        e.isEditable &&
        !state.selection.empty &&
        !(state.selection instanceof CellSelection) &&
        !e.isActive('codeBlock') &&
        isText(e)
      }
    >
      <Paper className="selection-menu" role="toolbar" aria-label={t('toolbar.selection')} withBorder shadow="md">
        {MARKS.map(({ name, icon: Icon, run }) => (
          <ToolButton
            key={name}
            label={t(`toolbar.${name}`)}
            icon={<Icon size={17} />}
            active={active.includes(name)}
            onClick={() => run(editor)}
          />
        ))}
        <ToolButton label={t('toolbar.link')} icon={<IconLink size={17} />} active={linked} onClick={onLink} />
      </Paper>
    </Bubble>
  )
}

/** Whether the selection holds words, not a picture or a whole table. */
function isText(editor: Editor): boolean {
  const { from, to } = editor.state.selection
  return editor.state.doc.textBetween(from, to).trim() !== ''
}
