import { ActionIcon, Popover, Tooltip } from '@mantine/core'
import { IconPhoto, IconTable } from '@tabler/icons-react'
import type { Editor } from '@tiptap/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { pickPictures } from '../picture/pick'
import { TableGrid } from '../table/TableGrid'
import { ToolButton } from './ToolButton'

/** Pictures and tables. */
export function InsertTools({ editor }: { editor: Editor }) {
  const { t } = useTranslation()
  const [sizing, setSizing] = useState(false)
  return (
    <>
      <ToolButton label={t('toolbar.picture')} icon={<IconPhoto size={18} />} onClick={() => pickPictures(editor)} />
      <Popover opened={sizing} onChange={setSizing} trapFocus position="bottom" shadow="md">
        <Popover.Target>
          <Tooltip label={t('table.insert')} openDelay={400}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={34}
              aria-label={t('table.insert')}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => setSizing(!sizing)}
            >
              <IconTable size={18} />
            </ActionIcon>
          </Tooltip>
        </Popover.Target>
        <Popover.Dropdown p={6}>
          <TableGrid
            onPick={(rows, cols) => {
              setSizing(false)
              editor.chain().focus().insertTable({ rows, cols, withHeaderRow: true }).run()
            }}
          />
        </Popover.Dropdown>
      </Popover>
    </>
  )
}
