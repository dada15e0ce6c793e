import { Center, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { IconLanguage } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useTitle } from '../../app/title'
import { LanguageSelect } from '../../i18n/LanguageSelect'

/** The frame of the pages that come before one is signed in. */
export function EntryPage({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  const { t } = useTranslation()
  useTitle(title)
  return (
    <Center mih="100%" p="md" component="main" id="main">
      <Stack w="100%" maw={420} gap="md">
        <Paper p="xl" radius="lg" withBorder shadow="sm">
          <Stack gap="md">
            <img src="/icon.svg" alt="Quire" width={48} height={48} />
            <Title order={1} size="h2">
              {title}
            </Title>
            {lead && <Text c="dimmed">{lead}</Text>}
            {children}
          </Stack>
        </Paper>
        <Group justify="center">
          <LanguageSelect
            w={160}
            size="xs"
            aria-label={t('field.language')}
            leftSection={<IconLanguage size={16} aria-hidden />}
          />
        </Group>
      </Stack>
    </Center>
  )
}
