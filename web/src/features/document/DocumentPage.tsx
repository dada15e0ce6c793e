import { ActionIcon, Alert, Button, Group, Loader, Modal, Stack, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconListDetails } from '@tabler/icons-react'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import type { Editor } from '@tiptap/core'
import { lazy, Suspense, useCallback, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, Problem, type Session } from '../../api/client'
import { useSession, useSetSession } from '../../app/auth'
import { PresenceBar } from '../../presence/PresenceBar'
import { guest } from '../../presence/guest'
import { useDocumentSession, useSessionState, type DocumentSession } from '../../sync'
import { StatusBadge } from '../../sync/StatusBadge'
import { AccountMenu } from '../account/AccountMenu'
import { SignInForm } from '../account/SignInForm'
import { download } from './download'
import { EditorBoundary } from './EditorBoundary'
import { ShareButton } from './ShareButton'
import { StoredText } from './StoredText'
import { DocumentTitle } from './DocumentTitle'
import { useDocumentInfo } from './useDocumentInfo'
import { WordCount } from './WordCount'
import classes from './DocumentPage.module.css'

const DocumentEditor = lazy(() =>
  import('../../editor/DocumentEditor').then((module) => ({ default: module.DocumentEditor })),
)

function linkToken(): string | null {
  return new URLSearchParams(location.hash.slice(1)).get('link')
}

export function DocumentPage() {
  const { data: session, error } = useSession()
  const { t } = useTranslation()
  const { documentId } = useParams({ strict: false }) as { documentId: string }
  if (error) return <Alert m="xl">{t('error.network')}</Alert>
  if (!session) return null
  return <Opened key={documentId + (session.account?.id ?? '')} documentId={documentId} who={session} />
}

function Opened({ documentId, who }: { documentId: string; who: Session }) {
  const link = useMemo(() => linkToken(), [])
  const me = useMemo(
    () => (who.account ? { id: who.account.id, name: who.account.name, color: who.account.color } : guest()),
    [who.account],
  )
  const session = useDocumentSession(documentId, me, who.account?.id ?? 'guest', link)
  return session ? <Frame session={session} who={who} link={link} /> : null
}

function Frame({ session, who, link }: { session: DocumentSession; who: Session; link: string | null }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const state = useSessionState(session)
  const [editor, setEditor] = useState<Editor | null>(null)
  const [outline, setOutline] = useState(true)
  const [counting, setCounting] = useState(false)
  const { info, rename, conflict, settle } = useDocumentInfo(session, link)
  const setSession = useSetSession()

  const jump = useCallback(
    (client: number) => {
      const label = document.querySelectorAll<HTMLElement>('.caret')
      const user = session.awareness.getStates().get(client)?.user as { name?: string } | undefined
      const found = [...label].find((element) => element.textContent === user?.name)
      found?.scrollIntoView({ block: 'center', behavior: 'smooth' })
    },
    [session],
  )

  const save = async (format: 'markdown' | 'html' | 'text' | 'json') => {
    try {
      const extension = { markdown: 'md', html: 'html', text: 'txt', json: 'json' }[format]
      download(`${info?.title ?? 'document'}.${extension}`, await api.content(session.documentId, format, link))
    } catch {
      notifications.show({ color: 'red', message: t('error.network') })
    }
  }
  const failed = (error: unknown) =>
    notifications.show({ color: 'red', message: error instanceof Problem ? error.detail : t('error.network') })
  const create = async () => {
    try {
      const made = await api.createDocument()
      await navigate({ to: '/d/$documentId', params: { documentId: made.id } })
    } catch (error) {
      failed(error)
    }
  }
  const trash = async () => {
    try {
      await api.trash(session.documentId)
      await navigate({ to: '/' })
    } catch (error) {
      failed(error)
    }
  }
  const denied = state.problem && ['denied', 'not-found'].includes(state.problem.kind) && !state.ready

  return (
    <div className={classes.page}>
      <header className={classes.header}>
        <Link to="/" className={classes.home} aria-label={t('documents.title')}>
          <img src="/icon.svg" alt="" width={32} height={32} />
        </Link>
        <div className={classes.name}>
          <DocumentTitle title={info?.title ?? ''} disabled={state.readOnly || !info} onRename={rename} />
          <StatusBadge session={session} />
        </div>
        <Group gap="xs" wrap="nowrap" className={classes.people}>
          {state.ready && state.readOnly && (
            <Text size="sm" c="dimmed" visibleFrom="sm">
              {t('mode.viewing')}
            </Text>
          )}
          <PresenceBar session={session} onJump={jump} />
          {info?.role === 'owner' && <ShareButton documentId={session.documentId} title={info.title} />}
          <ActionIcon
            variant="subtle"
            color="gray"
            size={36}
            visibleFrom="md"
            aria-label={t('outline.toggle')}
            aria-pressed={outline}
            onClick={() => setOutline(!outline)}
          >
            <IconListDetails size={20} />
          </ActionIcon>
          {who.account ? (
            <AccountMenu session={who} />
          ) : (
            <Button component="a" href="/sign-in" variant="default" size="xs">
              {t('signin.submit')}
            </Button>
          )}
        </Group>
      </header>
      <main id="main" className={classes.main}>
        <Banner session={session} editor={editor} />
        {denied ? (
          <Stack align="center" p="xl" gap="xs">
            <Title order={1} size="h3">
              {t('denied.title')}
            </Title>
            <Text c="dimmed" ta="center">
              {t(who.account ? 'denied.account' : 'denied.guest')}
            </Text>
            {!who.account && (
              <Button component="a" href="/sign-in">
                {t('signin.submit')}
              </Button>
            )}
          </Stack>
        ) : state.ready ? (
          <EditorBoundary>
            <Suspense fallback={<Loader m="xl" aria-label={t('loading')} />}>
              <DocumentEditor
                session={session}
                link={link}
                outline={outline}
                onEditor={setEditor}
                page={{
                  create: () => void create(),
                  download: (format) => void save(format),
                  count: () => setCounting(true),
                  trash: info?.role === 'owner' ? () => void trash() : null,
                }}
                onProblem={(message) => notifications.show({ color: 'red', message })}
              />
            </Suspense>
          </EditorBoundary>
        ) : (
          <StoredText documentId={session.documentId} link={link} status={state.status} />
        )}
      </main>
      <Modal opened={counting} onClose={() => setCounting(false)} title={t('words.title')}>
        {editor && <WordCount editor={editor} />}
      </Modal>
      <Modal opened={conflict !== null} onClose={() => settle(null)} title={t('rename.conflict.title')}>
        <Stack>
          <Text size="sm">{t('rename.conflict.text')}</Text>
          <Button variant="default" onClick={() => settle('theirs')}>
            {t('rename.conflict.theirs', { title: conflict?.theirs.title })}
          </Button>
          <Button onClick={() => settle('mine')}>{t('rename.conflict.mine', { title: conflict?.mine })}</Button>
        </Stack>
      </Modal>
      <Modal
        opened={state.problem?.kind === 'session-expired' && who.account !== null}
        onClose={() => undefined}
        withCloseButton={false}
        title={t('expired.title')}
      >
        <Text size="sm" mb="md">
          {t('expired.text')}
        </Text>
        <SignInForm
          onSignedIn={(fresh) => {
            setSession(fresh)
            session.reauthenticate()
          }}
        />
      </Modal>
    </div>
  )
}

/** What is wrong and what to do about it, above the text. */
function Banner({ session, editor }: { session: DocumentSession; editor: Editor | null }) {
  const { t } = useTranslation()
  const { problem, refused, status, size, ready } = useSessionState(session)
  const keep = () => download('unsaved.txt', editor?.getText({ blockSeparator: '\n' }) ?? '')
  if (problem?.kind === 'schema-too-old') {
    return (
      <Alert color="orange" title={t('schema.title')}>
        <Button size="xs" onClick={() => location.reload()}>
          {t('release.reload')}
        </Button>
      </Alert>
    )
  }
  if (problem && ready && problem.kind !== 'session-expired') {
    return (
      <Alert color="red" title={t('lost.title')}>
        <Text size="sm" mb="xs">
          {t('lost.text')}
        </Text>
        <Button size="xs" variant="default" onClick={keep}>
          {t('lost.download')}
        </Button>
      </Alert>
    )
  }
  if (refused) {
    return (
      <Alert color="red" title={t('refused.title')} withCloseButton onClose={() => session.dismissRefusal()}>
        <Text size="sm" mb="xs">
          {refused.detail}
        </Text>
        <Button size="xs" variant="default" onClick={keep}>
          {t('lost.download')}
        </Button>
      </Alert>
    )
  }
  if (status.kind === 'offline' && !status.kept) {
    return (
      <Alert color="red" title={t('unkept.title')}>
        {t('unkept.text')}
      </Alert>
    )
  }
  if (size !== 'ok') return <Alert color="orange">{t(`size.${size}`)}</Alert>
  return null
}
