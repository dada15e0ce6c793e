import { Center, Paper, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

/** The frame of the pages that come before one is signed in. */
export function Card({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  return (
    <Center mih="100%" p="md" component="main" id="main">
      <Paper w="100%" maw={420} p="xl" radius="lg" withBorder shadow="sm">
        <Stack gap="md">
          <img src="/icon.svg" alt="" width={48} height={48} />
          <Title order={1} size="h2">
            {title}
          </Title>
          {lead && <Text c="dimmed">{lead}</Text>}
          {children}
        </Stack>
      </Paper>
    </Center>
  )
}
