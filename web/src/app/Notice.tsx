import { Button, Center, Stack, Text, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { explain } from '../api/explain'
import { useTitle } from './title'

/** There is nothing at this address. */
export function LostPage() {
  const { t } = useTranslation()
  useTitle(t('lost.page.title'))
  return (
    <Notice title={t('lost.page.title')} text={t('lost.page.text')}>
      <Button component="a" href="/">
        {t('lost.page.home')}
      </Button>
    </Notice>
  )
}

/** A page that failed to load or to draw; texts are safe, so loading again is safe. */
export function FaultPage() {
  const { t } = useTranslation()
  return (
    <Notice title={t('fault.title')} text={t('fault.text')}>
      <Button onClick={() => location.reload()}>{t('release.reload')}</Button>
    </Notice>
  )
}

/** A page for which the server did not give what it shows. */
export function FailedPage({ error, retry }: { error: unknown; retry: () => unknown }) {
  const { t } = useTranslation()
  return (
    <Notice title={t('error.title')} text={explain(t, error)}>
      <Button onClick={() => void retry()}>{t('retry')}</Button>
    </Notice>
  )
}

/** A page with one thing to say and one thing to do. */
function Notice({ title, text, children }: { title: string; text: string; children?: React.ReactNode }) {
  return (
    <Center mih="100%" p="xl" component="main" id="main">
      <Stack align="center" gap="sm" maw={440}>
        <img src="/icon.svg" alt="" width={56} height={56} />
        <Title order={1} size="h3" ta="center">
          {title}
        </Title>
        <Text c="dimmed" ta="center">
          {text}
        </Text>
        {children}
      </Stack>
    </Center>
  )
}
