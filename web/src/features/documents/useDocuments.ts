import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { api, NetworkError, type DocumentInfo, type Sort } from '../../api/client'
import { keepList, keptList } from './keptList'

export interface Wish {
  words: string
  sort: Sort
  trashed: boolean
}

/** The documents that fit, page by page; without a network those of the list that was seen last. */
export function useDocuments(person: string, { words, sort, trashed }: Wish) {
  const list = useInfiniteQuery({
    queryKey: ['documents', { words, sort, trashed }],
    initialPageParam: undefined as string | undefined,
    networkMode: 'always',
    // While a new wish is answered, the old answer stays in view.
    placeholderData: keepPreviousData,
    queryFn: async ({ pageParam }) => {
      try {
        const page = await api.documents({
          search: words,
          sort,
          order: sort === 'title' ? 'asc' : 'desc',
          trashed,
          cursor: pageParam,
        })
        if (!words && !trashed && !pageParam) void keepList(person, page.items)
        return { ...page, offline: false }
      } catch (error) {
        const kept = error instanceof NetworkError && !trashed && !pageParam ? await keptList(person) : null
        if (kept) return { items: arrange(kept, words, sort), next_cursor: null, offline: true }
        throw error
      }
    },
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })
  return {
    ...list,
    items: list.data?.pages.flatMap((page) => page.items) ?? [],
    offline: list.data?.pages.some((page) => page.offline) ?? false,
  }
}

/** What the server would do with the list. */
function arrange(items: DocumentInfo[], words: string, sort: Sort): DocumentInfo[] {
  const wanted = words.toLocaleLowerCase().split(/\s+/).filter(Boolean)
  const fitting = items.filter((item) => wanted.every((word) => item.title.toLocaleLowerCase().includes(word)))
  return fitting.sort((a, b) => (sort === 'title' ? a.title.localeCompare(b.title) : b[sort].localeCompare(a[sort])))
}
