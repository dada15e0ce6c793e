import { Alert, Button, Code, Group, ScrollArea, Text } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { DocumentInfo } from '../../api/client'
import { explain } from '../../api/explain'
import { useSessionState, type DocumentSession } from '../../sync'
import { restoreDocument } from './changeDocument'
import { download } from './download'

interface Props {
  session: DocumentSession
  info: DocumentInfo | undefined
  /** It was taken out of the trash here. */
  onRestored: () => void
}

/** What is wrong and what to do about it, above the text. */
export function Banner({ session, info, onRestored }: Props) {
  const { t } = useTranslation()
  const title = info?.title ?? 'document'
  const { problem, refused, status, size, ready, readOnly, kept, taken, stranded } = useSessionState(session)
  const [seen, setSeen] = useState<string | null>(null)
  if (problem?.kind === 'schema-too-old') {
    return (
      <Alert color="orange" radius={0} title={t('schema.title')}>
        <Button size="xs" onClick={() => location.reload()}>
          {t('release.reload')}
        </Button>
      </Alert>
    )
  }
  if (stranded) return <Stranded session={session} info={info} onRestored={onRestored} />
  if (taken) return <Taken session={session} title={title} />
  if (problem?.kind === 'unknown' && ready) {
    return (
      <Alert color="red" radius={0} role="alert" title={t('unknown.title')}>
        <Text size="sm" mb="xs">
          {t('unknown.text')}
        </Text>
        <Keep words={() => session.text()} title={title} />
      </Alert>
    )
  }
  if (problem && ready && problem.kind !== 'session-expired') {
    if (info?.trashed_at) return <Trashed info={info} onRestored={onRestored} />
    const lost = problem.kind === 'too-many' ? 'crowded' : 'lost'
    return (
      <Alert color="red" radius={0} role="alert" title={t(`${lost}.title`)}>
        {t(`${lost}.text`)}
      </Alert>
    )
  }
  if (refused) {
    return (
      <Alert
        color="red"
        radius={0}
        role="alert"
        title={t('refused.title')}
        withCloseButton
        onClose={() => session.dismissRefusal()}
      >
        <Text size="sm" mb="xs">
          {refused.reason === 'too-big' ? t('refused.too-big') : refused.detail}
        </Text>
        <Group gap="xs">
          <Keep words={() => session.unsentWords()} title={title} />
          {(refused.reason === 'too-big' || refused.reason === 'malformed') && (
            <Button size="xs" variant="default" onClick={() => location.reload()}>
              {t('release.reload')}
            </Button>
          )}
        </Group>
      </Alert>
    )
  }
  if (!readOnly && (kept === 'no' || kept === 'tight') && seen !== kept) {
    const offline = status.kind === 'offline' && kept === 'no'
    return (
      <Alert
        radius={0}
        role="alert"
        color={offline ? 'red' : 'orange'}
        title={t(`storage.${kept}.title`)}
        withCloseButton={!offline}
        closeButtonLabel={t('storage.seen')}
        onClose={() => setSeen(kept)}
      >
        <Text size="sm" mb="xs">
          {t(offline ? 'storage.no.offline' : `storage.${kept}.text`)}
        </Text>
        <Keep words={() => session.text()} title={title} />
      </Alert>
    )
  }
  if (size !== 'ok') {
    return (
      <Alert color="orange" radius={0} role="status">
        {t(`size.${size}`)}
      </Alert>
    )
  }
  return null
}

interface RestoreProps {
  info: DocumentInfo
  onRestored: () => void
}

/** Not for good: it may come back. */
function Trashed({ info, onRestored }: RestoreProps) {
  const { t } = useTranslation()
  return (
    <Alert color="orange" radius={0} role="alert" title={t('lost.trash.title')}>
      {t('lost.trash.text')}
      <Restore info={info} onRestored={onRestored} />
    </Alert>
  )
}

/** Takes the document out of the trash, for whoever may. */
function Restore({ info, onRestored }: RestoreProps) {
  const { t } = useTranslation()
  const restore = useMutation({ mutationFn: () => restoreDocument(info), onSuccess: onRestored })
  if (info.role !== 'owner') return null
  return (
    <>
      <Button size="xs" my="xs" display="block" loading={restore.isPending} onClick={() => restore.mutate()}>
        {t('trash.restore')}
      </Button>
      {restore.error && <Text size="sm">{explain(t, restore.error)}</Text>}
    </>
  )
}

/** A document that was made on this device under an id that belongs to another: its words can have a new one. */
function Taken({ session, title }: { session: DocumentSession; title: string }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const keep = useMutation({
    mutationFn: () => session.keepAsNew(),
    onSuccess: (documentId) => navigate({ to: '/d/$documentId', params: { documentId } }),
  })
  return (
    <Alert color="red" radius={0} role="alert" title={t('taken.title')}>
      <Text size="sm" mb="xs">
        {t(keep.error ? 'taken.failed' : 'taken.text')}
      </Text>
      <Group gap="xs">
        <Button size="xs" loading={keep.isPending} onClick={() => keep.mutate()}>
          {t('taken.keep')}
        </Button>
        <Keep words={() => session.text()} title={title} />
      </Group>
    </Alert>
  )
}

/** Words that are not saved, for now or for good: shown, to copy or download, and only then given up. */
function Stranded({ session, info, onRestored }: Props) {
  const { t } = useTranslation()
  const { stranded, problem, refused } = useSessionState(session)
  const title = info?.title ?? 'document'
  const words = stranded?.words ?? ''
  const trashed = Boolean(info?.trashed_at)
  let why = t(problem ? 'stranded.denied' : 'stranded.viewer')
  if (refused?.reason === 'unstorable') why = t('stranded.unstorable')
  if (trashed) why = t(words ? 'stranded.trash' : 'stranded.trash.wordless')
  else why += ` ${t(words ? 'stranded.words' : 'stranded.wordless')}`
  return (
    <Alert
      color={trashed ? 'orange' : 'red'}
      radius={0}
      role="alert"
      title={t(trashed ? 'lost.trash.title' : 'stranded.title')}
    >
      <Text size="sm" mb="xs">
        {why}
      </Text>
      {trashed && info && <Restore info={info} onRestored={onRestored} />}
      {words && (
        <ScrollArea.Autosize mah={160} mb="xs">
          <Code block data-testid="stranded" style={{ whiteSpace: 'pre-wrap' }}>
            {words}
          </Code>
        </ScrollArea.Autosize>
      )}
      <Group gap="xs">
        {words && <Keep words={() => words} title={title} />}
        <Button
          size="xs"
          variant="subtle"
          color="red"
          onClick={() => void session.discard().then(() => location.reload())}
        >
          {t('stranded.discard')}
        </Button>
      </Group>
    </Alert>
  )
}

/** Copies words or saves them as a file. */
function Keep({ words, title }: { words: () => string; title: string }) {
  const { t } = useTranslation()
  const clipboard = useClipboard()
  return (
    <Group gap="xs">
      <Button size="xs" variant="default" onClick={() => clipboard.copy(words())}>
        {t(clipboard.copied ? 'copied' : 'copy')}
      </Button>
      <Button size="xs" variant="default" onClick={() => download(`${title}.txt`, words())}>
        {t('keep.download')}
      </Button>
    </Group>
  )
}
