import { Button, Group, Paper, Text } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { RELEASED } from '../browser/events'
import { whenSaved } from '../sync/openDocuments'
import { takeOver } from './serviceWorker'

/** Offers a new release; nothing reloads by itself, and not before everything is saved. */
export function ReleaseNotice() {
  const { t } = useTranslation()
  const [ready, setReady] = useState(false)
  const [waiting, setWaiting] = useState(false)
  useEffect(() => {
    const listen = () => setReady(true)
    window.addEventListener(RELEASED, listen)
    return () => window.removeEventListener(RELEASED, listen)
  }, [])
  if (!ready) return null
  return (
    <Paper role="status" shadow="md" p="sm" withBorder pos="fixed" bottom={16} right={16} style={{ zIndex: 400 }}>
      <Group>
        <Text size="sm">{t(waiting ? 'release.waiting' : 'release.ready')}</Text>
        <Button
          size="xs"
          loading={waiting}
          onClick={() => {
            setWaiting(true)
            void whenSaved().then(takeOver)
          }}
        >
          {t('release.reload')}
        </Button>
      </Group>
    </Paper>
  )
}
