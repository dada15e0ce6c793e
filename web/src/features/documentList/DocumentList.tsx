import { Alert, Button, Skeleton, Stack, Text, VisuallyHidden } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { Loading } from '../../app/Loading'
import { explain } from '../../api/explain'
import { sideways } from '../../browser/arrows'
import { DocumentCard } from './DocumentCard'
import classes from './HomePage.module.css'
import { useDocuments, type Place, type ListQuery } from './useDocuments'

const EMPTY = { all: 'empty.documents', shared: 'empty.shared', trash: 'empty.trash' }

interface Props {
  person: string
  view: 'grid' | 'list'
  query: ListQuery
}

/** The cards. More are fetched as the end comes into view; arrow keys move between them. */
export function DocumentList({ person, view, query }: Props) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const cards = useRef<HTMLUListElement>(null)
  /** A card that is taken away, and its place. */
  const leaving = useRef<{ id: string; at: number } | null>(null)
  const { items, offline, ...list } = useDocuments(person, query)
  /** What to focus in each card: its link, in the trash its menu. */
  const links = () => [...(cards.current?.children ?? [])].map((card) => card.querySelector<HTMLElement>('a, button'))

  /** The list anew. */
  const changed = async (id: string, gone: boolean) => {
    if (gone) leaving.current = { id, at: items.findIndex((item) => item.id === id) }
    await queries.invalidateQueries({ queryKey: ['documents'] })
  }
  // The focus of a card that went goes to the one that took its place.
  useEffect(() => {
    if (!leaving.current || items.some(({ id }) => id === leaving.current?.id)) return
    const { at } = leaving.current
    leaving.current = null
    if (document.activeElement !== document.body) return
    const left = links()
    const next =
      left[Math.min(at, left.length - 1)] ?? document.querySelector<HTMLElement>('[data-testid=new-document]')
    next?.focus()
  })
  const move = (event: KeyboardEvent) => {
    const all = [...(cards.current?.children ?? [])]
    const at = all.findIndex((card) => card.contains(event.target as Node))
    const next = at < 0 ? undefined : target(event.key, all, at)
    if (next === undefined) return
    event.preventDefault()
    links()[Math.max(0, Math.min(next, all.length - 1))]?.focus()
  }
  const searching = query.words !== ''
  return (
    <>
      {offline && (
        <Alert color="orange" role="status">
          {t('documents.offline')}
        </Alert>
      )}
      {list.error && (
        <Alert color="red" title={t('documents.failed')} role="alert">
          <Text size="sm" mb="sm">
            {explain(t, list.error)}
          </Text>
          <Button size="xs" variant="default" onClick={() => void list.refetch()}>
            {t('retry')}
          </Button>
        </Alert>
      )}
      <VisuallyHidden role="status">
        {searching && list.isSuccess && !list.isPlaceholderData
          ? list.hasNextPage
            ? t('documents.found.many', { count: items.length })
            : t('documents.found', { count: items.length })
          : ''}
      </VisuallyHidden>
      {list.isLoading && (
        <div className={classes[view]} role="status" aria-label={t('loading')}>
          {Array.from({ length: 8 }, (_, index) => (
            <Skeleton key={index} height={view === 'grid' ? 246 : 52} radius="md" />
          ))}
        </div>
      )}
      {list.isSuccess && items.length === 0 && <Empty place={query.place} search={query.words} />}
      {items.length > 0 && (
        // The keys below move the focus between links that work without them.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
        <ul className={classes[view]} ref={cards} onKeyDown={move} aria-label={t('documents.list')}>
          {items.map((document) => (
            <DocumentCard
              key={document.id}
              document={document}
              compact={view === 'list'}
              mine={document.owner.id === person}
              sort={query.sort}
              onChanged={(gone) => changed(document.id, gone)}
            />
          ))}
        </ul>
      )}
      {list.hasNextPage && <More busy={list.isFetchingNextPage} onMore={() => void list.fetchNextPage()} />}
    </>
  )
}

/** Which card a key leads to; the rows of the grid are read from where the cards are. */
function target(key: string, all: Element[], at: number): number | undefined {
  const top = (element: Element | undefined) => element?.getBoundingClientRect().top ?? 0
  const columns = Math.max(1, all.filter((element) => Math.abs(top(element) - top(all[0])) < 2).length)
  switch (key) {
    case 'ArrowRight':
    case 'ArrowLeft':
      return at + sideways(key)
    case 'ArrowDown':
      return at + columns < all.length ? at + columns : at
    case 'ArrowUp':
      return at - columns >= 0 ? at - columns : at
    case 'Home':
      return 0
    case 'End':
      return all.length - 1
    default:
      return undefined
  }
}

/** Asks for more when it comes near the window; also a button, for when nothing scrolls. */
function More({ busy, onMore }: { busy: boolean; onMore: () => void }) {
  const { t } = useTranslation()
  const end = useRef<HTMLDivElement>(null)
  const ask = useRef(onMore)
  useEffect(() => {
    ask.current = busy ? () => undefined : onMore
  })
  useEffect(() => {
    const watch = new IntersectionObserver(([entry]) => entry?.isIntersecting && ask.current(), {
      rootMargin: '600px',
    })
    if (end.current) watch.observe(end.current)
    return () => watch.disconnect()
  }, [busy])
  return (
    <div ref={end} style={{ alignSelf: 'center' }}>
      {busy ? (
        <Loading />
      ) : (
        <Button variant="default" onClick={onMore}>
          {t('documents.more')}
        </Button>
      )}
    </div>
  )
}

function Empty({ place, search }: { place: Place; search: string }) {
  const { t } = useTranslation()
  const key = search ? 'empty.search' : EMPTY[place]
  return (
    <Stack align="center" py={72} gap="xs">
      <img src="/icon.svg" alt="" width={64} height={64} style={{ opacity: 0.5 }} />
      <Text fw={600} ta="center">
        {t(key, { search })}
      </Text>
      <Text c="dimmed" ta="center">
        {t(`${key}.hint`)}
      </Text>
    </Stack>
  )
}
