import { Avatar, Tooltip, UnstyledButton, VisuallyHidden } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { listed, number } from '../i18n/format'
import type { DocumentSession } from '../sync'
import { initials } from './initials'
import { peopleOf, samePeople, watchIdleness, type Person } from './people'

const SHOWN = 5
/** Names that are said at once, and that the tooltip of the rest lists. */
const SAID = 5
const LISTED = 30
/** Presence is looked at this often, in ms. */
const LOOK = 100

/** Greyer, and still dark enough for white letters. */
const faded = (color: string) => `color-mix(in srgb, ${color} 25%, #6b7075)`

/** The first of some names, and how many more there are. */
function some(names: string[], most: number): string {
  const more = names.length - most
  return listed(more > 0 ? [...names.slice(0, most), `+${number(more)}`] : names)
}

/** Avatars of who else is here; pressing one jumps to that person's cursor. */
export function PresenceBar({ session, onJump }: { session: DocumentSession; onJump: (client: number) => void }) {
  const { t } = useTranslation()
  const [people, setPeople] = useState<Person[]>([])
  const [announcement, setAnnouncement] = useState('')
  const before = useRef<Map<string, string>>(new Map())

  useEffect(() => {
    const { awareness } = session
    let timer: ReturnType<typeof setTimeout> | undefined
    let looking: ReturnType<typeof setTimeout> | undefined
    let shown: Person[] = []
    const announce = (now: Person[]) => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        const names = new Map(now.map((person) => [person.id, person.name]))
        const joined = [...names].filter(([id]) => !before.current.has(id)).map(([, name]) => name)
        const left = [...before.current].filter(([id]) => !names.has(id)).map(([, name]) => name)
        before.current = names
        const parts = [
          joined.length ? t('presence.joined', { names: some(joined, SAID), count: joined.length }) : '',
          left.length ? t('presence.left', { names: some(left, SAID), count: left.length }) : '',
        ]
        if (joined.length + left.length) setAnnouncement(parts.filter(Boolean).join('. '))
      }, 1000)
    }
    const refresh = () => {
      const now = peopleOf(awareness)
      if (samePeople(now, shown)) return
      shown = now
      setPeople(now)
      announce(now)
    }
    // Carets come in crowds: one look is enough for all that moved meanwhile.
    const later = () => {
      looking ??= setTimeout(() => {
        looking = undefined
        refresh()
      }, LOOK)
    }
    refresh()
    awareness.on('change', later)
    const stop = watchIdleness(awareness)
    return () => {
      clearTimeout(timer)
      clearTimeout(looking)
      awareness.off('change', later)
      stop()
    }
  }, [session, t])

  return (
    <>
      <VisuallyHidden role="status">{announcement}</VisuallyHidden>
      {people.length > 0 && (
        <Avatar.Group spacing={6} aria-label={t('presence.here')} role="group">
          {people.slice(0, SHOWN).map((person) => (
            <Tooltip key={person.id} label={person.idle ? t('presence.idle', { name: person.name }) : person.name}>
              <UnstyledButton
                onClick={() => onJump(person.client)}
                aria-label={t('presence.jump', { name: person.name })}
                data-testid="person"
              >
                <Avatar
                  size={32}
                  radius="xl"
                  styles={{
                    placeholder: { background: person.idle ? faded(person.color) : person.color, color: '#fff' },
                  }}
                >
                  {initials(person.name)}
                </Avatar>
              </UnstyledButton>
            </Tooltip>
          ))}
          {people.length > SHOWN && (
            <Tooltip
              label={some(
                people.slice(SHOWN).map((person) => person.name),
                LISTED,
              )}
            >
              <Avatar size={32} radius="xl">{`+${number(people.length - SHOWN)}`}</Avatar>
            </Tooltip>
          )}
        </Avatar.Group>
      )}
    </>
  )
}
