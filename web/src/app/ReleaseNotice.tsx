import { Button, Group, Paper, Text } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

/** Offers a new release; nothing reloads by itself. */
export function ReleaseNotice() {
  const { t } = useTranslation()
  const [worker, setWorker] = useState<ServiceWorker | null>(null)
  useEffect(() => {
    const listen = (event: Event) => setWorker((event as CustomEvent<ServiceWorker>).detail)
    window.addEventListener('quire:release', listen)
    return () => window.removeEventListener('quire:release', listen)
  }, [])
  if (!worker) return null
  return (
    <Paper role="status" shadow="md" p="sm" withBorder pos="fixed" bottom={16} right={16} style={{ zIndex: 400 }}>
      <Group>
        <Text size="sm">{t('release.ready')}</Text>
        <Button
          size="xs"
          onClick={() => {
            navigator.serviceWorker.addEventListener('controllerchange', () => location.reload())
            worker.postMessage({ type: 'SKIP_WAITING' })
          }}
        >
          {t('release.reload')}
        </Button>
      </Group>
    </Paper>
  )
}
