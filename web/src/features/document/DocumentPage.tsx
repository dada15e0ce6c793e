import { ActionIcon, Button, Group, Tooltip } from '@mantine/core'
import { useLocalStorage, useMediaQuery } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { IconListDetails, IconShare } from '@tabler/icons-react'
import { Link, useParams } from '@tanstack/react-router'
import type { Editor } from '@tiptap/core'
import { lazy, Suspense, useCallback, useMemo, useReducer, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Session } from '../../api/client'
import { Loading } from '../../app/Loading'
import { FailedPage } from '../../app/Notice'
import { useKeptSession } from '../../app/auth'
import { rescueWords } from '../../editor/rescue'
import { PresenceBar } from '../../presence/PresenceBar'
import { guest, renameGuest } from '../../presence/guest'
import { jumpTo } from '../../presence/jump'
import { GUEST, useDocumentSession, useSessionPart, type DocumentSession } from '../../sync'
import { isShutOut } from '../../sync/connection/refusals'
import { AccountMenu } from '../account/AccountMenu'
import { GuestMenu } from '../account/GuestMenu'
import { Banner } from './Banner'
import { ClosedDoor } from './ClosedDoor'
import { DocumentMenu } from './DocumentMenu'
import classes from './DocumentPage.module.css'
import { DocumentTitle } from './DocumentTitle'
import { EditorBoundary } from './EditorBoundary'
import { SessionExpired } from './SessionExpired'
import { StatusBadge } from './StatusBadge'
import { StoredText } from './StoredText'
import { TitleConflict } from './TitleConflict'
import { ViewingBadge } from './ViewingBadge'
import { firstHeading } from './firstHeading'
import { useDocumentInfo } from './useDocumentInfo'
import { useFreshFocus } from './useFreshFocus'
import { usePageActions } from './usePageActions'
import { useRegained } from './useRegained'

const DocumentEditor = lazy(() =>
  import('../../editor/DocumentEditor').then((module) => ({ default: module.DocumentEditor })),
)

function linkToken(): string | null {
  return new URLSearchParams(location.hash.slice(1)).get('link')
}

export function DocumentPage() {
  const { session, error, ask } = useKeptSession()
  const [turn, again] = useReducer((count: number) => count + 1, 0)
  const { documentId } = useParams({ strict: false }) as { documentId: string }
  if (error) return <FailedPage error={error} retry={ask} />
  if (!session) return <Loading />
  return (
    <Opened
      key={`${documentId} ${session.account?.id ?? ''} ${turn}`}
      documentId={documentId}
      who={session}
      onRegained={again}
    />
  )
}

function Opened({ documentId, who, onRegained }: { documentId: string; who: Session; onRegained: () => void }) {
  const link = useMemo(() => linkToken(), [])
  // The tab's socket is made once: what the server says later opens no new session.
  const [deadAfter] = useState(who.dead_after)
  const me = useMemo(
    () => (who.account ? { id: who.account.id, name: who.account.name, color: who.account.color } : guest()),
    [who.account],
  )
  const session = useDocumentSession(documentId, me, who.account?.id ?? GUEST, link, rescueWords, deadAfter)
  return session ? <Frame session={session} who={who} link={link} onRegained={onRegained} /> : null
}

interface FrameProps {
  session: DocumentSession
  who: Session
  link: string | null
  /** Access came back after the local copy had gone with it. */
  onRegained: () => void
}

function Frame({ session, who, link, onRegained }: FrameProps) {
  const { t } = useTranslation()
  const ready = useSessionPart(session, 'ready')
  const readOnly = useSessionPart(session, 'readOnly')
  const problem = useSessionPart(session, 'problem')
  const [editor, setEditor] = useState<Editor | null>(null)
  const [outlined, setOutlined] = useLocalStorage({
    key: 'quire:outline',
    defaultValue: true,
    getInitialValueInEffect: false,
  })
  const over = useMediaQuery('(max-width: 900px)', false, { getInitialValueInEffect: false })
  // What lies over the page is not there before it is asked for.
  const [opened, setOpened] = useState(false)
  const outline = useMemo(
    () =>
      over
        ? { over, shown: opened, toggle: () => setOpened(!opened) }
        : { over, shown: outlined, toggle: () => setOutlined(!outlined) },
    [over, opened, outlined, setOutlined],
  )
  const titleField = useRef<HTMLInputElement>(null)
  const [me, setMe] = useState(session.me)
  const person = who.account?.id ?? GUEST
  const { info, rename, conflict, settle } = useDocumentInfo(session, link, person)
  // What the server does not have goes on from here.
  const ahead = () => session.unsaved || problem?.kind === 'unknown'
  const open = () => (ahead() ? session.reauthenticate() : onRegained())
  useRegained(session, link, person, open)

  const tell = useCallback((message: string) => notifications.show({ color: 'red', message }), [])
  const page = usePageActions(session, info, link, who.account, titleField, readOnly, outline)
  useFreshFocus(editor, readOnly)

  const jump = (client: number) => {
    jumpTo(client)
    // Without scrolling back to where one writes.
    if (!readOnly) editor?.view.focus()
  }
  const introduce = (name: string) => {
    const renamed = renameGuest(me, name)
    setMe(renamed)
    session.awareness.setLocalStateField('user', renamed)
  }
  const denied = problem && isShutOut(problem.kind) && !ready

  return (
    <div className={classes.page}>
      <header className={classes.header}>
        <Link to="/" className={classes.home} aria-label={t('documents.title')}>
          <img src="/icon.svg" alt="" width={32} height={32} />
        </Link>
        {!denied && (
          <div className={classes.name}>
            <DocumentTitle
              title={info?.title ?? ''}
              field={titleField}
              disabled={readOnly || !info}
              onRename={rename}
              onDone={() => editor?.view.focus()}
              offer={() => (editor ? firstHeading(editor.state.doc) : '')}
            />
            <div className={classes.state}>
              {ready && readOnly && !problem && <ViewingBadge />}
              <StatusBadge session={session} trashed={Boolean(info?.trashed_at)} />
            </div>
          </div>
        )}
        {!problem && (
          <div className={classes.present}>
            <PresenceBar awareness={session.awareness} onJump={jump} />
          </div>
        )}
        <Group gap="xs" wrap="nowrap" className={classes.people}>
          {page.share && !denied && (
            <Button size="xs" leftSection={<IconShare size={16} aria-hidden />} onClick={page.share}>
              {t('share')}
            </Button>
          )}
          {!denied && (
            <>
              <Tooltip label={t('outline.toggle')}>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  size={36}
                  visibleFrom="md"
                  aria-label={t('outline.toggle')}
                  aria-pressed={outlined}
                  onClick={outline.toggle}
                >
                  <IconListDetails size={20} />
                </ActionIcon>
              </Tooltip>
              {!ready && <DocumentMenu page={page} />}
            </>
          )}
          {who.account ? <AccountMenu session={who} /> : <GuestMenu me={me} onRename={introduce} />}
        </Group>
      </header>
      <main id="main" className={classes.main}>
        <Banner session={session} info={info} onRestored={open} />
        {denied ? (
          <ClosedDoor info={info} signedIn={who.account !== null} />
        ) : ready ? (
          <EditorBoundary>
            <Suspense fallback={<Loading />}>
              <DocumentEditor session={session} link={link} onEditor={setEditor} page={page} onProblem={tell} />
            </Suspense>
          </EditorBoundary>
        ) : (
          <StoredText session={session} link={link} />
        )}
      </main>
      <TitleConflict conflict={conflict} settle={settle} />
      <SessionExpired session={session} who={who} />
    </div>
  )
}
