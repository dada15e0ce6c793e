import { Text, Tooltip, UnstyledButton, VisuallyHidden } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconAlertTriangle, IconCloud, IconCloudCheck, IconCloudOff, IconRefresh } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { timeOfDay } from '../i18n/format'
import type { DocumentSession } from './session'
import { useSessionState } from './useDocumentSession'
import classes from './StatusBadge.module.css'

/** A status that lasts this long is spoken: each key makes "Saving" and "Saved", which nobody wants to hear. */
const SETTLED = 1500

/** Says whether the work is saved; always visible, spoken when it has changed for good. */
export function StatusBadge({ session }: { session: DocumentSession }) {
  const { t } = useTranslation()
  const { status } = useSessionState(session)
  let icon = <IconRefresh size={18} aria-hidden />
  let text = t('status.connecting')
  let hint = t('status.connecting.hint')
  let aloud = text
  switch (status.kind) {
    case 'saved':
      icon = <IconCloudCheck size={18} aria-hidden />
      aloud = text = t('status.saved')
      hint = t(status.transport === 'https' ? 'status.https.hint' : 'status.saved.hint')
      break
    case 'saving':
      icon = <IconCloud size={18} aria-hidden />
      aloud = text = t('status.saving')
      hint = t(status.transport === 'https' ? 'status.https.hint' : 'status.saving.hint')
      break
    case 'offline':
      icon = <IconCloudOff size={18} aria-hidden />
      text = status.kept
        ? t('status.offline', { count: status.changes })
        : t('status.offline.unkept', { count: status.changes })
      hint = t(status.kept ? 'status.offline.hint' : 'status.offline.unkept.hint', { time: timeOfDay(status.since) })
      aloud = `${t('status.offline', { count: 0 })}. ${hint}`
      break
    case 'unsaved':
      icon = <IconAlertTriangle size={18} aria-hidden />
      aloud = text = t('status.unsaved', { reason: status.reason })
      hint = t('status.unsaved.hint')
  }
  const [spoken] = useDebouncedValue(aloud, SETTLED)
  return (
    <>
      <Tooltip label={hint} multiline maw={320} events={{ hover: true, focus: true, touch: true }}>
        <UnstyledButton className={classes.badge} data-kind={status.kind} data-testid="status">
          {icon}
          <Text size="sm" component="span" className={classes.text}>
            {text}
          </Text>
        </UnstyledButton>
      </Tooltip>
      <VisuallyHidden role="status">{spoken}</VisuallyHidden>
    </>
  )
}
