import { VisuallyHidden } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Person } from './people'
import { someNames } from './someNames'

/** Names that are said at once. */
const SAID = 5
/** Who comes and goes within this time is said in one go: a connection that breaks is back by then, and nobody left. */
const GATHER_MS = 3000

/** Says who came and who left. */
export function Arrivals({ people }: { people: Person[] }) {
  const { t } = useTranslation()
  const [announcement, setAnnouncement] = useState('')
  const before = useRef<Map<string, string>>(new Map())
  useEffect(() => {
    const timer = setTimeout(() => {
      const names = new Map(people.map((person) => [person.id, person.name]))
      const joined = [...names].filter(([id]) => !before.current.has(id)).map(([, name]) => name)
      const left = [...before.current].filter(([id]) => !names.has(id)).map(([, name]) => name)
      before.current = names
      const parts = [
        joined.length ? t('presence.joined', { names: someNames(joined, SAID), count: joined.length }) : '',
        left.length ? t('presence.left', { names: someNames(left, SAID), count: left.length }) : '',
      ]
      if (joined.length + left.length) setAnnouncement(parts.filter(Boolean).join('. '))
    }, GATHER_MS)
    return () => clearTimeout(timer)
  }, [people, t])
  return <VisuallyHidden role="status">{announcement}</VisuallyHidden>
}
