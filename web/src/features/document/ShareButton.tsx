import { Alert, Button, CopyButton, Group, Modal, Radio, Stack, Text, TextInput } from '@mantine/core'
import { IconLink, IconShare } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, type Problem } from '../../api/client'

/** Gives the document's link a role and copies it. */
export function ShareButton({ documentId, title }: { documentId: string; title: string }) {
  const { t } = useTranslation()
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button size="xs" leftSection={<IconShare size={16} />} onClick={() => setOpen(true)}>
        {t('share')}
      </Button>
      <Modal opened={open} onClose={() => setOpen(false)} title={t('share.title', { title })}>
        <ShareForm documentId={documentId} />
      </Modal>
    </>
  )
}

function ShareForm({ documentId }: { documentId: string }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const key = ['link', documentId]
  const { data } = useQuery({ queryKey: key, queryFn: () => api.link(documentId) })
  const change = useMutation({
    mutationFn: (role: 'viewer' | 'editor' | null) => api.setLink(documentId, role),
    onSuccess: (link) => queries.setQueryData(key, link),
  })
  return (
    <Stack>
      {change.error && <Alert color="red">{(change.error as Problem).detail ?? t('error.network')}</Alert>}
      <Radio.Group
        label={t('share.who')}
        value={data?.role ?? 'nobody'}
        onChange={(value) => change.mutate(value === 'nobody' ? null : (value as 'viewer' | 'editor'))}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="nobody" label={t('share.nobody')} description={t('share.nobody.hint')} />
          <Radio value="viewer" label={t('share.viewer')} description={t('share.viewer.hint')} />
          <Radio value="editor" label={t('share.editor')} description={t('share.editor.hint')} />
        </Stack>
      </Radio.Group>
      {data?.url ? (
        <Group wrap="nowrap">
          <TextInput readOnly value={data.url} aria-label={t('share.link')} flex={1} data-testid="link" />
          <CopyButton value={data.url}>
            {({ copied, copy }) => (
              <Button leftSection={<IconLink size={16} />} onClick={copy}>
                {t(copied ? 'copied' : 'share.copy')}
              </Button>
            )}
          </CopyButton>
        </Group>
      ) : (
        <Text size="sm" c="dimmed">
          {t('share.private')}
        </Text>
      )}
    </Stack>
  )
}
