import { Menu } from '@mantine/core'
import { useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { flushSync } from 'react-dom'
import { sideways } from '../../browser/arrows'
import type { Command as CommandEntry, Entry } from './entries'

/** One thing to do, with its keys and whether it is on. */
export function Command({ command }: { command: CommandEntry }) {
  const { label, keys, active, disabled, danger, run } = command
  const hint = keys && <kbd className="menu-keys">{keys}</kbd>
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

/**
 * A menu beside the one that it is in. Its keys are read here: Mantine opens it by the right arrow only, in whatever
 * direction one reads, and looks for the entry that it returns the focus to under an id that it does not give.
 */
function Inner({ label, disabled, children }: { label: string; disabled: boolean; children: ReactNode }) {
  const [opened, setOpened] = useState(false)
  const entry = useRef<HTMLButtonElement>(null)
  const inside = useRef<HTMLDivElement>(null)
  const enter = (event: KeyboardEvent) => {
    if (!['Enter', ' '].includes(event.key) && sideways(event.key) !== 1) return
    event.preventDefault()
    flushSync(() => setOpened(true))
    inside.current?.querySelector<HTMLElement>('[data-menu-item]:not([data-disabled])')?.focus()
  }
  const leave = ({ key }: KeyboardEvent) => {
    if (sideways(key) !== -1) return
    entry.current?.focus()
    setOpened(false)
  }
  return (
    <Menu.Sub position="right-start" offset={2} opened={opened} onChange={setOpened}>
      <Menu.Sub.Target>
        <Menu.Sub.Item ref={entry} disabled={disabled} onKeyDown={enter}>
          {label}
        </Menu.Sub.Item>
      </Menu.Sub.Target>
      <Menu.Sub.Dropdown ref={inside} className="menu-dropdown" onKeyDown={leave}>
        {children}
      </Menu.Sub.Dropdown>
    </Menu.Sub>
  )
}

/** The entries of one menu, with the menus inside it beside them. */
export function Entries({ items, close }: { items: Entry[]; close: () => void }) {
  return items.map((entry, index) => {
    if (entry === 'line') return <Menu.Divider key={index} />
    if ('run' in entry) return <Command key={entry.label} command={entry} />
    return (
      <Inner key={entry.label} label={entry.label} disabled={entry.disabled ?? false}>
        {'show' in entry ? entry.show(close) : <Entries items={entry.items} close={close} />}
      </Inner>
    )
  })
}
