import { Avatar, Tooltip, UnstyledButton } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Awareness } from 'y-protocols/awareness'
import { number } from '../i18n/format'
import { Arrivals } from './Arrivals'
import { initials } from './initials'
import { someNames } from './someNames'
import { usePeople } from './usePeople'

const SHOWN = 5
/** Names in the tooltip of those who are not shown. */
const LISTED = 30

/** Greyer, and still dark enough for white letters. */
const faded = (color: string) => `color-mix(in srgb, ${color} 25%, #6b7075)`

/** Avatars of who else is here; pressing one jumps to that person's cursor. */
export function PresenceBar({ awareness, onJump }: { awareness: Awareness; onJump: (client: number) => void }) {
  const { t } = useTranslation()
  const people = usePeople(awareness)
  const others = people.slice(SHOWN).map((person) => person.name)
  return (
    <>
      <Arrivals people={people} />
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
          {others.length > 0 && (
            <Tooltip label={someNames(others, LISTED)}>
              <Avatar size={32} radius="xl">{`+${number(others.length)}`}</Avatar>
            </Tooltip>
          )}
        </Avatar.Group>
      )}
    </>
  )
}
