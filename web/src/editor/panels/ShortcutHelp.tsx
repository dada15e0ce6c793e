import { Kbd, Modal, Table } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { keysOf, type Shortcut } from '../shortcuts'

const WRITING: Shortcut[] = [
  'toolbar.bold',
  'toolbar.italic',
  'toolbar.underline',
  'toolbar.strike',
  'toolbar.code',
  'toolbar.highlight',
  'toolbar.link',
  'toolbar.superscript',
  'toolbar.subscript',
  'toolbar.size.larger',
  'toolbar.size.smaller',
  'toolbar.clear',
  'toolbar.undo',
  'toolbar.redo',
  'block.paragraph',
  'block.h1',
  'block.h2',
  'block.h3',
  'block.bullets',
  'block.numbers',
  'block.tasks',
  'block.quote',
  'toolbar.align.left',
  'toolbar.align.center',
  'toolbar.align.right',
  'toolbar.align.justify',
  'toolbar.indent',
  'toolbar.outdent',
  'block.page',
  'shortcuts.up',
  'shortcuts.down',
  'picture.larger',
  'picture.smaller',
  'shortcuts.paste',
  'shortcuts.blocks',
  'shortcuts.toolbar',
  'shortcuts.leave',
  'emoji.title',
]
const READING: Shortcut[] = ['find.next', 'find.previous', 'words.title', 'shortcuts.title']

interface Props {
  opened: boolean
  readOnly: boolean
  onClose: () => void
}

/** Every shortcut of the editor in one list; to who may only read, those for reading. */
export function ShortcutHelp({ opened, readOnly, onClose }: Props) {
  const { t } = useTranslation()
  const find = readOnly ? 'find.term' : 'find.title'
  const shortcuts: Shortcut[] = [...(readOnly ? [] : WRITING), find, ...READING]
  return (
    <Modal opened={opened} onClose={onClose} title={t('shortcuts.title')}>
      <Table>
        <Table.Tbody>
          {shortcuts.map((shortcut) => (
            <Table.Tr key={shortcut}>
              <Table.Td>{t(shortcut)}</Table.Td>
              <Table.Td ta="end" dir="ltr">
                {keysOf(shortcut).map((key) => (
                  <Kbd key={key} mx={2}>
                    {key}
                  </Kbd>
                ))}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  )
}
