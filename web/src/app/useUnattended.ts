import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { GUEST } from '../sync/storage/notes'
import { useSession } from './auth'

/** By then the page has opened: the first thing to see does not wait for what else there is to do. */
const START_DELAY_MS = 1000

/** On every page what was written here without a network is sent when there is one, and what others left here goes. */
export function useUnattended(): void {
  const queries = useQueryClient()
  const { data: session } = useSession()
  const person = session && (session.account?.id ?? GUEST)
  const remembered = session?.remembered
  useEffect(() => {
    if (!person) return
    let ended = false
    let stop: (() => void) | undefined
    const timer = setTimeout(() => {
      // What the browser only remembers of who is here takes nothing from anybody.
      if (!remembered) void import('../sync/storage/forget').then(({ forgetOthers }) => forgetOthers(person))
      void import('../sync/outbox/unattended').then(({ sendUnsent }) => {
        if (!ended) stop = sendUnsent(person, () => void queries.invalidateQueries({ queryKey: ['documents'] }))
      })
    }, START_DELAY_MS)
    return () => {
      ended = true
      clearTimeout(timer)
      stop?.()
    }
  }, [person, remembered, queries])
}
