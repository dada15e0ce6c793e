import { Group, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Session } from '../../api/client'
import { AccountMenu } from './AccountMenu'
import classes from './Header.module.css'

/** The head of every page but a document's: home, what the page puts there, and who is signed in. */
export function Header({ session, children }: { session: Session; children?: ReactNode }) {
  return (
    <header className={classes.header}>
      <Link to="/" className={classes.home} aria-label="Quire">
        <img src="/icon.svg" alt="" width={32} height={32} />
        <Text fw={600} visibleFrom="sm">
          Quire
        </Text>
      </Link>
      <div className={classes.middle}>{children}</div>
      <Group wrap="nowrap">
        <AccountMenu session={session} />
      </Group>
    </header>
  )
}
