import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { GUEST } from '../sync/notes'
import { useSession } from './auth'

/** On every page what was written here without a network is sent when there is one. */
export function useUnattended(): void {
  const queries = useQueryClient()
  const { data: session } = useSession()
  const person = session && (session.account?.id ?? GUEST)
  useEffect(() => {
    if (!person) return
    let ended = false
    let stop: (() => void) | undefined
    // Later than the page: the first thing to see does not wait for it.
    void import('../sync/unattended').then(({ sendUnsent }) => {
      if (!ended) stop = sendUnsent(person, () => void queries.invalidateQueries({ queryKey: ['documents'] }))
    })
    return () => {
      ended = true
      stop?.()
    }
  }, [person, queries])
}
