import { Kbd, Modal, Table } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { MAC } from '../mac'

/** Label in the catalogue, then the keys; Mod is Ctrl, on a Mac ⌘. */
type Shortcut = [label: string, keys: string]

const WRITING: Shortcut[] = [
  ['toolbar.bold', 'Mod+B'],
  ['toolbar.italic', 'Mod+I'],
  ['toolbar.underline', 'Mod+U'],
  ['toolbar.strike', 'Alt+Shift+5'],
  ['toolbar.code', 'Mod+E'],
  ['toolbar.highlight', 'Mod+Shift+H'],
  ['toolbar.link', 'Mod+K'],
  ['toolbar.superscript', 'Mod+.'],
  ['toolbar.subscript', 'Mod+,'],
  ['toolbar.size.larger', 'Mod+Shift+.'],
  ['toolbar.size.smaller', 'Mod+Shift+,'],
  ['toolbar.clear', 'Mod+\\'],
  ['toolbar.undo', 'Mod+Z'],
  ['toolbar.redo', 'Mod+Shift+Z'],
  ['block.paragraph', 'Mod+Alt+0'],
  ['block.h1', 'Mod+Alt+1'],
  ['block.h2', 'Mod+Alt+2'],
  ['block.h3', 'Mod+Alt+3'],
  ['block.bullets', 'Mod+Shift+8'],
  ['block.numbers', 'Mod+Shift+7'],
  ['block.tasks', 'Mod+Shift+9'],
  ['block.quote', 'Mod+Shift+B'],
  ['toolbar.align.left', 'Mod+Shift+L'],
  ['toolbar.align.center', 'Mod+Shift+E'],
  ['toolbar.align.right', 'Mod+Shift+R'],
  ['toolbar.align.justify', 'Mod+Shift+J'],
  ['toolbar.indent', 'Mod+]'],
  ['toolbar.outdent', 'Mod+['],
  ['block.page', 'Mod+Enter'],
  ['shortcuts.up', 'Alt+Shift+↑'],
  ['shortcuts.down', 'Alt+Shift+↓'],
  ['picture.larger', 'Alt+Shift+↑'],
  ['picture.smaller', 'Alt+Shift+↓'],
  ['shortcuts.paste', 'Mod+Shift+V'],
  ['shortcuts.blocks', '/'],
  ['shortcuts.toolbar', 'Alt+F10'],
  ['shortcuts.leave', 'Esc+Tab'],
  ['emoji.title', ':'],
]
const READING: Shortcut[] = [
  ['words.title', 'Mod+Shift+C'],
  ['shortcuts.title', 'Mod+/'],
]

interface Props {
  opened: boolean
  readOnly: boolean
  onClose: () => void
}

/** Every shortcut of the editor in one list; to who may only read, those for reading. */
export function ShortcutHelp({ opened, readOnly, onClose }: Props) {
  const { t } = useTranslation()
  const find: Shortcut = [readOnly ? 'find.term' : 'find.title', 'Mod+F']
  const shortcuts = [...(readOnly ? [] : WRITING), find, ...READING]
  return (
    <Modal opened={opened} onClose={onClose} title={t('shortcuts.title')}>
      <Table>
        <Table.Tbody>
          {shortcuts.map(([label, keys]) => (
            <Table.Tr key={label}>
              <Table.Td>{t(label)}</Table.Td>
              <Table.Td ta="end" dir="ltr">
                {keys.split(/\+(?=.)/).map((key) => (
                  <Kbd key={key} mx={2}>
                    {key === 'Mod' ? (MAC ? '⌘' : 'Ctrl') : key}
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
