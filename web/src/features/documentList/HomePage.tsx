import { ActionIcon, Button, Group, Select, TextInput, Title, Tooltip } from '@mantine/core'
import { useDebouncedValue, useLocalStorage } from '@mantine/hooks'
import { IconFileText, IconLayoutGrid, IconList, IconPlus, IconSearch, IconTrash, IconUsers } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { Link, Navigate, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Loading } from '../../app/Loading'
import type { Session, Sort } from '../../api/client'
import { ErrorAlert } from '../../app/ErrorAlert'
import { FailedPage } from '../../app/Notice'
import { useSession } from '../../app/auth'
import { useTitle } from '../../app/title'
import { createDocument } from '../document/createDocument'
import { DocumentList } from './DocumentList'
import { Header } from '../account/Header'
import type { Place } from './useDocuments'
import classes from './HomePage.module.css'

const TITLES = { all: 'documents.title', shared: 'shared.title', trash: 'trash.title' }

export function HomePage() {
  return <Guarded place="all" />
}

export function SharedPage() {
  return <Guarded place="shared" />
}

export function TrashPage() {
  return <Guarded place="trash" />
}

function Guarded({ place }: { place: Place }) {
  const { data: session, error, refetch } = useSession()
  if (error) return <FailedPage error={error} retry={refetch} />
  if (!session) return <Loading />
  if (session.setup_needed) return <Navigate to="/set-up" />
  if (!session.account) return <Navigate to="/sign-in" />
  return <Documents key={place} session={session} person={session.account.id} place={place} />
}

function Documents({ session, person, place }: { session: Session; person: string; place: Place }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const [search, setSearch] = useState('')
  const [words] = useDebouncedValue(search.trim(), 200)
  const [sort, setSort] = useLocalStorage<Sort>({ key: 'quire:sort', defaultValue: 'updated_at' })
  const [view, setView] = useLocalStorage<'grid' | 'list'>({ key: 'quire:view', defaultValue: 'grid' })
  const create = useMutation({
    mutationFn: () => createDocument(session.account, t('documents.untitled')),
    onSuccess: (documentId) => navigate({ to: '/d/$documentId', params: { documentId }, state: { fresh: true } }),
  })
  const title = t(TITLES[place])
  const other = view === 'grid' ? 'list' : 'grid'
  useTitle(title)
  return (
    <div className={classes.page}>
      <Header session={session}>
        <TextInput
          className={classes.search}
          type="search"
          leftSection={<IconSearch size={16} aria-hidden />}
          placeholder={t('documents.search')}
          aria-label={t('documents.search')}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      </Header>
      <div className={classes.body}>
        <Places />
        <main className={classes.main} id="main">
          <div className={classes.top}>
            <Title order={1} size="h3">
              {title}
            </Title>
            {place === 'all' && (
              <Button
                className={classes.create}
                leftSection={<IconPlus size={18} />}
                loading={create.isPending}
                onClick={() => create.mutate()}
                data-testid="new-document"
              >
                {t('documents.new')}
              </Button>
            )}
            <Group gap="xs" wrap="nowrap" className={classes.controls}>
              <Select
                className={classes.sort}
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
              <Tooltip label={t(`view.${other}`)}>
                <ActionIcon variant="default" size={36} aria-label={t(`view.${other}`)} onClick={() => setView(other)}>
                  {view === 'grid' ? <IconList size={18} /> : <IconLayoutGrid size={18} />}
                </ActionIcon>
              </Tooltip>
            </Group>
          </div>
          <ErrorAlert error={create.error} />
          <DocumentList person={person} view={view} query={{ words, sort, place }} />
        </main>
      </div>
    </div>
  )
}

/** The ways to all documents, to those of others and to the trash. */
function Places() {
  const { t } = useTranslation()
  return (
    <nav className={classes.nav} aria-label={t('documents.nav')}>
      <Link to="/" className={classes.place} activeOptions={{ exact: true, includeSearch: false }}>
        <IconFileText size={18} aria-hidden />
        {t('documents.title')}
      </Link>
      <Link to="/shared" className={classes.place} activeOptions={{ includeSearch: false }}>
        <IconUsers size={18} aria-hidden />
        {t('shared.title')}
      </Link>
      <Link to="/trash" className={classes.place} activeOptions={{ includeSearch: false }}>
        <IconTrash size={18} aria-hidden />
        {t('trash.title')}
      </Link>
    </nav>
  )
}
