import { Text, Tooltip, UnstyledButton, VisuallyHidden } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconAlertTriangle, IconCloud, IconCloudCheck, IconCloudOff, IconLock, IconRefresh } from '@tabler/icons-react'
import type { TFunction } from 'i18next'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { timeAndDay } from '../../i18n/format'
import { useSessionState, type DocumentSession } from '../../sync'
import type { SaveStatus, SessionState } from '../../sync/session/state'
import classes from './StatusBadge.module.css'

/** A status that lasts this long is spoken: one that comes and goes is nothing to interrupt somebody with. */
const SETTLED_MS = 1500
const ICONS = {
  connecting: IconRefresh,
  saved: IconCloudCheck,
  saving: IconCloud,
  offline: IconCloudOff,
  unsaved: IconAlertTriangle,
  stranded: IconAlertTriangle,
  closed: IconLock,
}
const TROUBLE: SaveStatus['kind'][] = ['offline', 'unsaved', 'stranded', 'closed']

/** Says whether the work is saved; always visible, and spoken when that changes for the worse or back. */
export function StatusBadge({ session, trashed }: { session: DocumentSession; trashed: boolean }) {
  const { t } = useTranslation()
  const state = useSessionState(session)
  const [trouble, setTrouble] = useState(false)
  const { text, hint, announced } = inWords(t, state, trashed, trouble)
  if (TROUBLE.includes(state.status.kind) && !trouble) setTrouble(true)
  const [spoken] = useDebouncedValue(announced, SETTLED_MS)
  const Icon = ICONS[state.status.kind]
  return (
    <>
      <Tooltip label={hint} multiline maw={320} events={{ hover: true, focus: true, touch: true }}>
        <UnstyledButton className={classes.badge} data-kind={state.status.kind} data-testid="status">
          <Icon size={18} aria-hidden className={classes.icon} />
          <Text size="sm" component="span">
            {text}
          </Text>
        </UnstyledButton>
      </Tooltip>
      <VisuallyHidden role="status" data-testid="announced">
        {spoken}
      </VisuallyHidden>
    </>
  )
}

interface Words {
  text: string
  hint: string
  /** What is spoken; nothing while it is not worth interrupting anybody. */
  announced: string
}

/** `trouble`: something was wrong since the page was opened, so that "Saved" is news. */
function inWords(t: TFunction, state: SessionState, trashed: boolean, trouble: boolean): Words {
  const { status, kept, refused, taken } = state
  let text: string
  let hint: string
  let announced = ''
  switch (status.kind) {
    case 'connecting':
      text = t('status.connecting')
      hint = t('status.connecting.hint')
      break
    case 'saved':
      text = t('status.saved')
      hint = t(status.transport === 'https' ? 'status.https.hint' : 'status.saved.hint')
      if (trouble) announced = text
      break
    case 'saving':
      text = t('status.saving')
      hint = t(status.transport === 'https' ? 'status.https.hint' : 'status.saving.hint')
      break
    case 'offline': {
      const time = timeAndDay(status.since)
      const safe = status.kept || status.changes === 0
      text = t(safe ? 'status.offline' : 'status.offline.unkept', { count: status.changes, time })
      hint = t(status.kept ? 'status.offline.hint' : 'status.offline.unkept.hint')
      // Not the count: it changes with every key.
      announced = `${t('status.offline', { count: 0, time })}. ${hint}`
      break
    }
    case 'unsaved':
      text = announced = t('status.unsaved', { reason: status.reason })
      hint = t(kept === 'no' ? 'status.unsaved.unkept.hint' : taken ? 'taken.hint' : 'status.unsaved.hint')
      break
    case 'stranded':
      if (trashed) text = announced = t('status.stranded.trash')
      else text = announced = t(refused?.reason === 'unstorable' ? 'status.stranded.unstorable' : 'status.stranded')
      hint = t('stranded.title')
      break
    case 'closed':
      text = announced = t(trashed ? 'status.closed.trash' : `status.closed.${status.problem}`)
      hint = t('status.closed.hint')
  }
  return { text, hint, announced }
}
