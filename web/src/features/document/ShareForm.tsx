import { Alert, Button, Group, Radio, Skeleton, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../api/client'
import { CopyField } from '../../app/CopyField'
import { ErrorAlert } from '../../app/ErrorAlert'

/** Gives the document's link a role and copies it. */
export function ShareForm({ documentId }: { documentId: string }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const key = ['link', documentId]
  const { data, error } = useQuery({ queryKey: key, queryFn: () => api.link(documentId), networkMode: 'always' })
  const change = useMutation({
    mutationFn: (role: 'viewer' | 'editor' | null) => api.setLink(documentId, role),
    onSuccess: (link) => queries.setQueryData(key, link),
  })
  const reset = useMutation({
    mutationFn: () => api.resetLink(documentId),
    onSuccess: (link) => queries.setQueryData(key, link),
    onSettled: () => setAsking(false),
  })
  const [asking, setAsking] = useState(false)
  return (
    // The focus waits here for the fields.
    <Stack tabIndex={-1} data-autofocus style={{ outline: 0 }}>
      <ErrorAlert error={error ?? change.error ?? reset.error} />
      {!data && !error && <Skeleton height={150} aria-label={t('loading')} />}
      {data && (
        <Radio.Group
          label={t('share.who')}
          value={data.role ?? 'nobody'}
          onChange={(value) => change.mutate(value === 'nobody' ? null : (value as 'viewer' | 'editor'))}
        >
          <Stack gap="xs" mt="xs">
            <Radio value="nobody" label={t('share.nobody')} description={t('share.nobody.hint')} />
            <Radio value="viewer" label={t('share.viewer')} description={t('share.viewer.hint')} />
            <Radio value="editor" label={t('share.editor')} description={t('share.editor.hint')} />
          </Stack>
        </Radio.Group>
      )}
      {data?.url && <CopyField value={data.url} label={t('share.link')} copyLabel={t('share.copy')} testId="link" />}
      {data?.url && !asking && (
        <Group justify="space-between">
          <Text size="sm" c="dimmed" role="status">
            {reset.isSuccess && t('share.reset.done')}
          </Text>
          <Button size="compact-sm" variant="subtle" color="red" onClick={() => setAsking(true)}>
            {t('share.reset')}
          </Button>
        </Group>
      )}
      {data?.url && asking && (
        <Alert color="orange" role="alert" title={t('share.reset.title')}>
          <Text size="sm" mb="sm">
            {t('share.reset.text')}
          </Text>
          <Group gap="xs">
            <Button size="xs" color="red" loading={reset.isPending} onClick={() => reset.mutate()}>
              {t('share.reset.confirm')}
            </Button>
            <Button size="xs" variant="default" data-autofocus onClick={() => setAsking(false)}>
              {t('cancel')}
            </Button>
          </Group>
        </Alert>
      )}
      {data && !data.url && (
        <Text size="sm" c="dimmed">
          {t('share.private')}
        </Text>
      )}
    </Stack>
  )
}
