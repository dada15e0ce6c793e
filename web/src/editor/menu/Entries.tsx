import { Menu } from '@mantine/core'
import { Fragment } from 'react'
import { keysHere, type Entry } from './entries'

/** The entries of one menu, with the menus inside it. */
export function Entries({ items, close }: { items: Entry[]; close: () => void }) {
  return items.map((entry, index) => {
    if (entry === 'line') return <Menu.Divider key={index} />
    if ('run' in entry) {
      const toggles = entry.active !== undefined
      return (
        <Menu.Item
          key={entry.label}
          disabled={entry.disabled ?? false}
          color={entry.danger ? 'red' : undefined}
          role={toggles ? 'menuitemcheckbox' : 'menuitem'}
          aria-checked={entry.active}
          data-active-entry={entry.active || undefined}
          rightSection={entry.keys && <kbd className="menu-keys">{keysHere(entry.keys)}</kbd>}
          onClick={entry.run}
        >
          {entry.label}
        </Menu.Item>
      )
    }
    return (
      <Fragment key={entry.label}>
        <Menu.Sub position="right-start" offset={2}>
          <Menu.Sub.Target>
            <Menu.Sub.Item disabled={entry.disabled ?? false}>{entry.label}</Menu.Sub.Item>
          </Menu.Sub.Target>
          <Menu.Sub.Dropdown className="menu-dropdown">
            {'show' in entry ? entry.show(close) : <Entries items={entry.items} close={close} />}
          </Menu.Sub.Dropdown>
        </Menu.Sub>
      </Fragment>
    )
  })
}
