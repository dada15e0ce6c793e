import { Menubar } from '@mantine/core'
import type { Editor } from '@tiptap/core'
import { useState, type MouseEvent } from 'react'
import { useTranslation } from 'react-i18next'
import type { PageActions, Panel } from '../panels/panel'
import { Entries } from './Entries'
import { menusOf } from './menus'
import { OneMenu } from './OneMenu'
import { useOneMenu } from './useOneMenu'

interface Props {
  editor: Editor
  page: PageActions
  readOnly: boolean
  onPanel: (panel: Panel) => void
}

/**
 * Everything the editor can do, by name. Its state is read when a menu opens, not on every key.
 * On a small screen the menus are one menu.
 */
export function MenuBar({ editor, page, readOnly, onPanel }: Props) {
  const { t } = useTranslation()
  const [open, setOpen] = useState<number | null>(null)
  const one = useOneMenu()
  const close = () => setOpen(null)
  const backToText = () => {
    if (editor.isEditable) editor.view.focus()
    else editor.view.dom.focus({ preventScroll: true })
  }
  /** What is done from a menu leads back to the text, also from a dialog that it opens. */
  const chosen = ({ currentTarget, target }: MouseEvent) => {
    const opens = currentTarget.contains(target as Node) || (target as Element).closest('[aria-haspopup]')
    if (!opens) backToText()
  }
  const change = (index: number | null) => {
    setOpen(index)
    // Escape in a menu inside another: what has the focus goes with both.
    if (index === null) setTimeout(() => document.activeElement === document.body && backToText())
  }
  const menus = menusOf({ editor, page, open: onPanel, t, opened: open !== null, writable: !readOnly })
  if (one) return <OneMenu menus={menus} opened={open !== null} onOpen={(opened) => setOpen(opened ? 0 : null)} />
  return (
    <Menubar className="menubar" aria-label={t('menu.label')} openIndex={open} onOpenChange={change} onClick={chosen}>
      {menus.map((menu) => (
        <Menubar.Menu key={menu.label} transitionProps={{ exitDuration: 0 }}>
          <Menubar.Target>{menu.label}</Menubar.Target>
          <Menubar.Dropdown className="menu-dropdown">
            <Entries items={menu.items} close={close} />
          </Menubar.Dropdown>
        </Menubar.Menu>
      ))}
    </Menubar>
  )
}
