import { useEffect, useState } from 'react'
import type { Awareness } from 'y-protocols/awareness'
import { peopleOf, samePeople, watchIdleness, type Person } from './people'

/** Presence is looked at this often. */
const REFRESH_MS = 100

/** Who else is here; whoever looks on is seen to be idle or not. */
export function usePeople(awareness: Awareness): Person[] {
  const [people, setPeople] = useState<Person[]>([])
  useEffect(() => {
    let looking: ReturnType<typeof setTimeout> | undefined
    let shown: Person[] = []
    const refresh = () => {
      const now = peopleOf(awareness)
      if (samePeople(now, shown)) return
      shown = now
      setPeople(now)
    }
    // Carets come in crowds: one look is enough for all that moved meanwhile.
    const later = () => {
      looking ??= setTimeout(() => {
        looking = undefined
        refresh()
      }, REFRESH_MS)
    }
    refresh()
    awareness.on('change', later)
    const stop = watchIdleness(awareness)
    return () => {
      clearTimeout(looking)
      awareness.off('change', later)
      stop()
    }
  }, [awareness])
  return people
}
