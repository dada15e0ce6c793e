import { ActionIcon, Tooltip } from '@mantine/core'
import type { ReactNode } from 'react'
import { keysHere, type Shortcut } from '../shortcuts'

interface Props {
  label: string
  shortcut?: Shortcut
  icon: ReactNode
  active?: boolean
  disabled?: boolean
  onClick: () => void
}

/** One control; it takes no focus from the text when it is clicked. */
export function ToolButton({ label, shortcut, icon, active, disabled, onClick }: Props) {
  const named = shortcut ? `${label} (${keysHere(shortcut)})` : label
  return (
    <Tooltip label={named} openDelay={400}>
      <ActionIcon
        variant={active ? 'light' : 'subtle'}
        color={active ? undefined : 'gray'}
        size={34}
        aria-label={named}
        aria-pressed={active}
        disabled={disabled ?? false}
        onMouseDown={(event) => event.preventDefault()}
        onClick={onClick}
      >
        {icon}
      </ActionIcon>
    </Tooltip>
  )
}
