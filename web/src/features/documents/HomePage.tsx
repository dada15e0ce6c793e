import {
  ActionIcon,
  Alert,
  Button,
  Container,
  Group,
  Select,
  Skeleton,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core'
import { useDebouncedValue, useLocalStorage } from '@mantine/hooks'
import { IconLayoutGrid, IconList, IconPlus, IconSearch } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { Navigate, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, NetworkError, type DocumentInfo, type Problem, type Session, type Sort } from '../../api/client'
import { useSession } from '../../app/auth'
import { DocumentCard } from './DocumentCard'
import { Header } from './Header'
import classes from './HomePage.module.css'
import { keepList, keptList } from './keptList'

export function HomePage() {
  return <Guarded trashed={false} />
}

export function TrashPage() {
  return <Guarded trashed />
}

function Guarded({ trashed }: { trashed: boolean }) {
  const { t } = useTranslation()
  const { data: session, error } = useSession()
  if (error) return <Alert m="xl">{t('error.network')}</Alert>
  if (!session) return null
  if (session.setup_needed) return <Navigate to="/set-up" />
  if (!session.account) return <Navigate to="/sign-in" />
  return <Documents session={session} person={session.account.id} trashed={trashed} />
}

function Documents({ session, person, trashed }: { session: Session; person: string; trashed: boolean }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [search, setSearch] = useState('')
  const [words] = useDebouncedValue(search, 200)
  const [sort, setSort] = useLocalStorage<Sort>({ key: 'quire:sort', defaultValue: 'updated_at' })
  const [view, setView] = useLocalStorage<'grid' | 'list'>({ key: 'quire:view', defaultValue: 'grid' })
  const list = useInfiniteQuery({
    queryKey: ['documents', { words, sort, trashed }],
    initialPageParam: undefined as string | undefined,
    networkMode: 'always',
    queryFn: async ({ pageParam }) => {
      const plain = !words && !trashed && !pageParam
      try {
        const page = await api.documents({
          search: words,
          sort,
          order: sort === 'title' ? 'asc' : 'desc',
          trashed,
          cursor: pageParam,
        })
        if (plain) void keepList(person, page.items)
        return { ...page, offline: false }
      } catch (error) {
        const kept = error instanceof NetworkError && plain ? await keptList(person) : null
        if (kept) return { items: kept, next_cursor: null, offline: true }
        throw error
      }
    },
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })
  const create = useMutation({
    mutationFn: () => api.createDocument(),
    onSuccess: (document) => navigate({ to: '/d/$documentId', params: { documentId: document.id } }),
  })
  const refresh = () => queries.invalidateQueries({ queryKey: ['documents'] })
  const items = list.data?.pages.flatMap((page) => page.items) ?? []
  const offline = list.data?.pages.some((page) => page.offline)
  return (
    <>
      <Header session={session}>
        <TextInput
          className={classes.search}
          leftSection={<IconSearch size={16} />}
          placeholder={t('documents.search')}
          aria-label={t('documents.search')}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      </Header>
      <Container size="lg" py="xl" component="main" id="main">
        <Stack gap="lg">
          <Group justify="space-between" wrap="wrap">
            <Title order={1} size="h2">
              {t(trashed ? 'trash.title' : 'documents.title')}
            </Title>
            <Group gap="xs" wrap="nowrap">
              <Select
                w={170}
                aria-label={t('documents.sort')}
                value={sort}
                allowDeselect={false}
                data={[
                  { value: 'updated_at', label: t('sort.updated') },
                  { value: 'created_at', label: t('sort.created') },
                  { value: 'title', label: t('sort.title') },
                ]}
                onChange={(value) => value && setSort(value as Sort)}
              />
              <ActionIcon
                variant="default"
                size={36}
                aria-label={t(view === 'grid' ? 'view.list' : 'view.grid')}
                onClick={() => setView(view === 'grid' ? 'list' : 'grid')}
              >
                {view === 'grid' ? <IconList size={18} /> : <IconLayoutGrid size={18} />}
              </ActionIcon>
              {!trashed && (
                <Button
                  leftSection={<IconPlus size={18} />}
                  loading={create.isPending}
                  onClick={() => create.mutate()}
                  data-testid="new-document"
                >
                  {t('documents.new')}
                </Button>
              )}
            </Group>
          </Group>
          {offline && <Alert color="orange">{t('documents.offline')}</Alert>}
          {create.error && <Alert color="red">{(create.error as Problem).detail ?? t('error.network')}</Alert>}
          {list.error && (
            <Alert color="red" title={t('documents.failed')}>
              <Button size="xs" variant="default" onClick={() => void list.refetch()}>
                {t('retry')}
              </Button>
            </Alert>
          )}
          {list.isLoading && (
            <div className={classes.grid}>
              {Array.from({ length: 6 }, (_, index) => (
                <Skeleton key={index} height={150} radius="md" />
              ))}
            </div>
          )}
          {list.isSuccess && items.length === 0 && <Empty trashed={trashed} search={words} />}
          <div className={view === 'grid' ? classes.grid : classes.list} role="list">
            {items.map((document: DocumentInfo) => (
              <DocumentCard key={document.id} document={document} compact={view === 'list'} onChanged={refresh} />
            ))}
          </div>
          {list.hasNextPage && (
            <Button variant="default" mx="auto" onClick={() => void list.fetchNextPage()}>
              {t('documents.more')}
            </Button>
          )}
        </Stack>
      </Container>
    </>
  )
}

function Empty({ trashed, search }: { trashed: boolean; search: string }) {
  const { t } = useTranslation()
  const key = search ? 'empty.search' : trashed ? 'empty.trash' : 'empty.documents'
  return (
    <Stack align="center" py={80} gap="xs">
      <img src="/icon.svg" alt="" width={64} height={64} style={{ opacity: 0.5 }} />
      <Text fw={600}>{t(key, { search })}</Text>
      <Text c="dimmed" ta="center">
        {t(`${key}.hint`)}
      </Text>
    </Stack>
  )
}
