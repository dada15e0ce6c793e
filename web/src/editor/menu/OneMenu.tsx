import { ActionIcon, Menu } from '@mantine/core'
import { IconChevronLeft, IconChevronRight, IconMenu2 } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Command } from './Entries'
import type { Entry, MenuOf } from './entries'

interface Props {
  menus: MenuOf[]
  opened: boolean
  onOpen: (opened: boolean) => void
}

/** All menus behind one button: a menu inside another takes its place, since there is no room beside it. */
export function OneMenu({ menus, opened, onOpen }: Props) {
  const { t } = useTranslation()
  const [path, setPath] = useState<string[]>([])
  const button = useRef<HTMLButtonElement>(null)
  const turn = (open: boolean) => {
    setPath([])
    onOpen(open)
  }
  const change = (open: boolean) => {
    // The entry with the focus goes. To the text it would bring up a keyboard of the screen.
    if (!open && document.activeElement?.closest('[role=menu]')) button.current?.focus()
    turn(open)
  }
  let items: Entry[] = menus
  let custom = null
  for (const label of path) {
    const inner = items.find((entry) => entry !== 'line' && entry.label === label)
    if (!inner || inner === 'line' || 'run' in inner) break
    if ('show' in inner) custom = inner.show(() => turn(false))
    else items = inner.items
  }
  return (
    <Menu opened={opened} onChange={change} position="bottom-start" width={280}>
      <Menu.Target>
        <ActionIcon ref={button} variant="subtle" color="gray" size={34} aria-label={t('menu.all')}>
          <IconMenu2 size={20} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown className="one-menu" key={path.join('/')}>
        {path.length > 0 && (
          <>
            <Menu.Item
              closeMenuOnClick={false}
              leftSection={<IconChevronLeft size={16} />}
              onClick={() => setPath(path.slice(0, -1))}
            >
              {path.at(-1)}
            </Menu.Item>
            <Menu.Divider />
          </>
        )}
        {custom ??
          items.map((entry, index) => {
            if (entry === 'line') return <Menu.Divider key={index} />
            if ('run' in entry) return <Command key={entry.label} command={entry} />
            return (
              <Menu.Item
                key={entry.label}
                closeMenuOnClick={false}
                disabled={entry.disabled ?? false}
                aria-haspopup="menu"
                rightSection={<IconChevronRight size={16} />}
                onClick={() => setPath([...path, entry.label])}
              >
                {entry.label}
              </Menu.Item>
            )
          })}
      </Menu.Dropdown>
    </Menu>
  )
}
