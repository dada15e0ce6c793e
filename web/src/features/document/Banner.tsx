import { Alert, Button, Text } from '@mantine/core'
import type { Editor } from '@tiptap/core'
import { useTranslation } from 'react-i18next'
import { useSessionState, type DocumentSession } from '../../sync'
import { download } from './download'

/** What is wrong and what to do about it, above the text. */
export function Banner({ session, editor }: { session: DocumentSession; editor: Editor | null }) {
  const { t } = useTranslation()
  const { problem, refused, status, size, ready } = useSessionState(session)
  const keep = () => download('unsaved.txt', editor?.getText({ blockSeparator: '\n' }) ?? '')
  if (problem?.kind === 'schema-too-old') {
    return (
      <Alert color="orange" radius={0} title={t('schema.title')}>
        <Button size="xs" onClick={() => location.reload()}>
          {t('release.reload')}
        </Button>
      </Alert>
    )
  }
  if (problem && ready && problem.kind !== 'session-expired') {
    return (
      <Alert color="red" radius={0} title={t('lost.title')} role="alert">
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
      <Alert
        color="red"
        radius={0}
        title={t('refused.title')}
        role="alert"
        withCloseButton
        onClose={() => session.dismissRefusal()}
      >
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
      <Alert color="red" radius={0} title={t('unkept.title')} role="alert">
        {t('unkept.text')}
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
