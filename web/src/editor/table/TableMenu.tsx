import { ActionIcon, Menu, Paper, Tooltip } from '@mantine/core'
import {
  IconArrowMergeAltLeft,
  IconArrowsSplit2,
  IconBucketDroplet,
  IconColumnInsertRight,
  IconDots,
  IconRowInsertBottom,
} from '@tabler/icons-react'
import { findParentNode, type Editor } from '@tiptap/core'
import { CellSelection } from '@tiptap/pm/tables'
import { useEditorState } from '@tiptap/react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Bubble } from '../panels/Bubble'
import { MARKERS, Swatches } from '../toolbar/Swatches'
import { ToolButton } from '../toolbar/ToolButton'
import { changeTable, colorCells, tableCommands } from './commands'

const GRAYS = [
  ['#f1f3f5', 'light'],
  ['#ced4da', 'gray'],
] as const

/** Room that the tools need beside the table, in pixels. */
const ROOM = 52

function rectAround(editor: Editor, name: 'table' | 'tableRow'): DOMRect | null {
  const found = findParentNode((node) => node.type.name === name)(editor.state.selection)
  const dom = found && editor.view.nodeDOM(found.pos)
  return dom instanceof HTMLElement ? dom.getBoundingClientRect() : null
}

/** Beside the table where that is seen, else beside the row that is written in: never on it. */
function place(editor: Editor): DOMRect | null {
  const table = rectAround(editor, 'table')
  const canvas = editor.view.dom.closest('.canvas')?.getBoundingClientRect()
  if (!table || !canvas) return table
  const seen = table.top - ROOM >= canvas.top || table.bottom + ROOM <= canvas.bottom
  return seen ? table : rectAround(editor, 'tableRow')
}

/** The commands of tables, above or below the table that the caret is in. */
export function TableMenu({ editor }: { editor: Editor }) {
  const { t } = useTranslation()
  const [open, setOpen] = useState(false)
  const state = useEditorState({
    editor,
    selector: ({ editor: e }) => {
      if (!e.isActive('table')) return null
      const cell = e.getAttributes(e.isActive('tableHeader') ? 'tableHeader' : 'tableCell')
      return {
        merge: e.can().mergeCells(),
        split: e.can().splitCell(),
        color: (cell.backgroundColor as string | undefined) ?? null,
      }
    },
  })
  return (
    <Bubble
      editor={editor}
      updateDelay={50}
      options={{ placement: 'top-end', offset: 6 }}
      getReferencedVirtualElement={() => {
        const rect = place(editor)
        return rect && { getBoundingClientRect: () => rect, getClientRects: () => [rect] }
      }}
      shouldShow={({ editor: e, state: { selection } }) =>
        e.isEditable && e.isActive('table') && (selection.empty || selection instanceof CellSelection)
      }
    >
      <Paper className="selection-menu" role="toolbar" aria-label={t('table.menu')} withBorder shadow="md">
        <ToolButton
          label={t('table.row.below')}
          icon={<IconRowInsertBottom size={18} />}
          onClick={() => changeTable(editor, 'addRowAfter')}
        />
        <ToolButton
          label={t('table.column.after')}
          icon={<IconColumnInsertRight size={18} />}
          onClick={() => changeTable(editor, 'addColumnAfter')}
        />
        <ToolButton
          label={t('table.merge')}
          icon={<IconArrowMergeAltLeft size={18} />}
          disabled={!state?.merge}
          onClick={() => changeTable(editor, 'mergeCells')}
        />
        <ToolButton
          label={t('table.split')}
          icon={<IconArrowsSplit2 size={18} />}
          disabled={!state?.split}
          onClick={() => changeTable(editor, 'splitCell')}
        />
        <Swatches
          label={t('table.color')}
          icon={<IconBucketDroplet size={18} />}
          colors={[...MARKERS, ...GRAYS]}
          value={state?.color ?? null}
          onPick={(color) => colorCells(editor, color)}
        />
        <Menu opened={open} onChange={setOpen} position="bottom-end">
          <Menu.Target>
            <Tooltip label={t('table.more')} openDelay={400}>
              <ActionIcon
                variant="subtle"
                color="gray"
                size={34}
                aria-label={t('table.more')}
                onMouseDown={(event) => event.preventDefault()}
              >
                <IconDots size={18} />
              </ActionIcon>
            </Tooltip>
          </Menu.Target>
          <Menu.Dropdown className="menu-dropdown">
            {open &&
              tableCommands(editor).map(({ key, possible, run: change }) => (
                <Menu.Item key={key} disabled={!possible()} onClick={change}>
                  {t(key)}
                </Menu.Item>
              ))}
          </Menu.Dropdown>
        </Menu>
      </Paper>
    </Bubble>
  )
}
