import { Menu } from '@mantine/core'
import type { KeyboardEvent } from 'react'
import { keysHere, type Command as CommandEntry, type Entry } from './entries'

/** One thing to do, with its keys and whether it is on. */
export function Command({ command }: { command: CommandEntry }) {
  const { label, keys, active, disabled, danger, run } = command
  const hint = keys && <kbd className="menu-keys">{keysHere(keys)}</kbd>
  if (active !== undefined) {
    return (
      <Menu.CheckboxItem
        closeMenuOnClick
        checked={active}
        disabled={disabled ?? false}
        rightSection={hint}
        onChange={run}
      >
        {label}
      </Menu.CheckboxItem>
    )
  }
  return (
    <Menu.Item disabled={disabled ?? false} color={danger ? 'red' : undefined} rightSection={hint} onClick={run}>
      {label}
    </Menu.Item>
  )
}

/** The focus returns to the entry that opened this menu: Mantine looks for it under an id that it does not give. */
function leave({ key, currentTarget }: KeyboardEvent<HTMLElement>): void {
  if (key === 'ArrowLeft') document.getElementById(currentTarget.getAttribute('aria-labelledby') ?? '')?.focus()
}

/** The entries of one menu, with the menus inside it beside them. */
export function Entries({ items, close }: { items: Entry[]; close: () => void }) {
  return items.map((entry, index) => {
    if (entry === 'line') return <Menu.Divider key={index} />
    if ('run' in entry) return <Command key={entry.label} command={entry} />
    return (
      <Menu.Sub key={entry.label} position="right-start" offset={2}>
        <Menu.Sub.Target>
          <Menu.Sub.Item disabled={entry.disabled ?? false}>{entry.label}</Menu.Sub.Item>
        </Menu.Sub.Target>
        <Menu.Sub.Dropdown className="menu-dropdown" onKeyDown={leave}>
          {'show' in entry ? entry.show(close) : <Entries items={entry.items} close={close} />}
        </Menu.Sub.Dropdown>
      </Menu.Sub>
    )
  })
}
