import { Paper } from '@mantine/core'
import {
  IconAlt,
  IconAspectRatio,
  IconLayoutAlignCenter,
  IconLayoutAlignLeft,
  IconLayoutAlignRight,
  IconTrash,
  IconZoomIn,
  IconZoomOut,
} from '@tabler/icons-react'
import type { Editor } from '@tiptap/core'
import { useEditorState } from '@tiptap/react'
import { useTranslation } from 'react-i18next'
import { align, alignmentOf } from '../alignment'
import { Bubble } from '../panels/Bubble'
import { ToolButton } from '../toolbar/ToolButton'
import { originalSize, selectedPicture, step } from './resize'

const ALIGNMENTS = [
  { align: 'left', icon: IconLayoutAlignLeft },
  { align: 'center', icon: IconLayoutAlignCenter },
  { align: 'right', icon: IconLayoutAlignRight },
] as const

/** What can be done to the selected picture, beside it. */
export function PictureMenu({ editor, onAltText }: { editor: Editor; onAltText: () => void }) {
  const { t } = useTranslation()
  const aligned = useEditorState({
    editor,
    selector: ({ editor: e }) => alignmentOf(e),
  })
  return (
    <Bubble
      editor={editor}
      updateDelay={0}
      options={{ placement: 'top' }}
      shouldShow={({ editor: e }) => e.isEditable && selectedPicture(e) !== null}
    >
      <Paper className="selection-menu" role="toolbar" aria-label={t('picture.menu')} withBorder shadow="md">
        {ALIGNMENTS.map(({ align: value, icon: Icon }) => (
          <ToolButton
            key={value}
            label={t(`toolbar.align.${value}`)}
            icon={<Icon size={18} />}
            active={aligned === value}
            onClick={() => align(editor, value)}
          />
        ))}
        <span className="toolbar-gap" />
        <ToolButton
          label={t('picture.smaller')}
          shortcut="picture.smaller"
          icon={<IconZoomOut size={18} />}
          onClick={() => step(editor, -1)}
        />
        <ToolButton
          label={t('picture.larger')}
          shortcut="picture.larger"
          icon={<IconZoomIn size={18} />}
          onClick={() => step(editor, 1)}
        />
        <ToolButton
          label={t('picture.original')}
          icon={<IconAspectRatio size={18} />}
          onClick={() => originalSize(editor)}
        />
        <span className="toolbar-gap" />
        <ToolButton label={t('picture.alt')} icon={<IconAlt size={18} />} onClick={onAltText} />
        <ToolButton
          label={t('picture.delete')}
          icon={<IconTrash size={18} />}
          onClick={() => editor.chain().focus().deleteSelection().run()}
        />
      </Paper>
    </Bubble>
  )
}
