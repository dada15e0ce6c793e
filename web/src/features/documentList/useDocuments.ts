import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { api, isAway, type DocumentInfo, type Sort } from '../../api/client'
import { bringMade, findUnknown } from '../../sync/outbox/unattended'
import { keepList, keptList } from './keptList'

const RETRY_MS = 4000

/** All documents, those of others, or those in the trash. */
export type Place = 'all' | 'shared' | 'trash'

export interface ListQuery {
  words: string
  sort: Sort
  place: Place
}

/** The documents that fit, page by page; without a network those of the list that was seen last. */
export function useDocuments(person: string, { words, sort, place }: ListQuery) {
  const list = useInfiniteQuery({
    queryKey: ['documents', { words, sort, place }],
    initialPageParam: undefined as string | undefined,
    networkMode: 'always',
    // While a new query is answered, the old answer stays in view.
    placeholderData: keepPreviousData,
    queryFn: async ({ pageParam, client, queryKey }) => {
      const kept = place !== 'trash' && !pageParam ? await keptList(person) : null
      try {
        // What was made without a network goes first.
        if (place === 'all' && !pageParam) await bringMade(person)
        const page = await api.documents({
          search: words,
          sort,
          order: sort === 'title' ? 'asc' : 'desc',
          trashed: place === 'trash',
          shared: place === 'shared',
          cursor: pageParam,
          hurry: kept !== null && client.getQueryData(queryKey) === undefined,
        })
        if (!words && place === 'all' && !pageParam) {
          void keepList(person, page.items)
          if (sort === 'updated_at') {
            void findUnknown(person, page.items, page.next_cursor === null).then(async (found) => {
              if (found) await client.invalidateQueries({ queryKey: ['documents'] })
            })
          }
        }
        return { ...page, offline: false }
      } catch (error) {
        const fitting = isAway(error) && kept?.filter((item) => place === 'all' || item.owner.id !== person)
        if (fitting) return { items: arrange(fitting, words, sort), next_cursor: null, offline: true }
        throw error
      }
    },
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })
  const offline = list.data?.pages.some((page) => page.offline) ?? false
  const { refetch } = list
  // A page that was opened without a network is not told when there is one.
  useEffect(() => {
    if (!offline) return
    const timer = setInterval(() => void refetch(), RETRY_MS)
    return () => clearInterval(timer)
  }, [offline, refetch])
  return { ...list, items: list.data?.pages.flatMap((page) => page.items) ?? [], offline }
}

/** What the server would do with the list. */
function arrange(items: DocumentInfo[], words: string, sort: Sort): DocumentInfo[] {
  const wanted = words.toLocaleLowerCase().split(/\s+/).filter(Boolean)
  const fitting = items.filter((item) => wanted.every((word) => item.title.toLocaleLowerCase().includes(word)))
  return fitting.sort((a, b) => (sort === 'title' ? a.title.localeCompare(b.title) : b[sort].localeCompare(a[sort])))
}
