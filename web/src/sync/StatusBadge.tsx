import { Text, Tooltip } from '@mantine/core'
import { IconAlertTriangle, IconCloud, IconCloudCheck, IconCloudOff, IconRefresh } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { DocumentSession } from './session'
import { useSessionState } from './useDocumentSession'
import classes from './StatusBadge.module.css'

/** Says whether the work is saved; always visible, announced politely. */
export function StatusBadge({ session }: { session: DocumentSession }) {
  const { t } = useTranslation()
  const { status } = useSessionState(session)
  let icon = <IconRefresh size={18} aria-hidden />
  let text = t('status.connecting')
  let hint = t('status.connecting.hint')
  switch (status.kind) {
    case 'saved':
      icon = <IconCloudCheck size={18} aria-hidden />
      text = t('status.saved')
      hint = t(status.transport === 'https' ? 'status.https.hint' : 'status.saved.hint')
      break
    case 'saving':
      icon = <IconCloud size={18} aria-hidden />
      text = t('status.saving')
      hint = t(status.transport === 'https' ? 'status.https.hint' : 'status.saving.hint')
      break
    case 'offline':
      icon = <IconCloudOff size={18} aria-hidden />
      text = status.kept
        ? t('status.offline', { count: status.changes })
        : t('status.offline.unkept', { count: status.changes })
      hint = t(status.kept ? 'status.offline.hint' : 'status.offline.unkept.hint', {
        time: new Date(status.since).toLocaleTimeString(),
      })
      break
    case 'unsaved':
      icon = <IconAlertTriangle size={18} aria-hidden />
      text = t('status.unsaved', { reason: status.reason })
      hint = t('status.unsaved.hint')
  }
  return (
    <Tooltip label={hint} multiline maw={320}>
      <div className={classes.badge} data-kind={status.kind} role="status" aria-live="polite" data-testid="status">
        {icon}
        <Text size="sm" component="span" className={classes.text}>
          {text}
        </Text>
      </div>
    </Tooltip>
  )
}
