import { Badge, Button, Group, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, type Session } from '../../api/client'
import { ErrorAlert } from '../../app/ErrorAlert'
import { Moment } from '../../i18n/Moment'
import { signOut } from './signOut'

/** Where this person is signed in, and how to end that. */
export function Devices({ session }: { session: Session }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const { data, error } = useQuery({ queryKey: ['devices'], queryFn: api.devices, networkMode: 'always' })
  const end = useMutation({
    mutationFn: api.endDevice,
    onSuccess: () => queries.invalidateQueries({ queryKey: ['devices'] }),
  })
  const leave = useMutation({ mutationFn: api.signOutEverywhere })
  return (
    <Stack>
      <ErrorAlert error={error ?? end.error} />
      {data?.items.map((device) => (
        <Group key={device.id} justify="space-between" wrap="nowrap">
          <div>
            <Group gap="xs">
              <Text>{device.device}</Text>
              {device.current && <Badge variant="light">{t('devices.this')}</Badge>}
            </Group>
            <Text size="sm" c="dimmed">
              <bdi>{device.address}</bdi> · <Moment at={device.last_used_at} />
            </Text>
          </div>
          {!device.current && (
            <Button
              variant="default"
              size="xs"
              style={{ flexShrink: 0 }}
              aria-label={t('devices.end.one', { device: device.device })}
              onClick={() => end.mutate(device.id)}
            >
              {t('devices.end')}
            </Button>
          )}
        </Group>
      ))}
      <Button
        variant="default"
        w="fit-content"
        loading={leave.isPending}
        onClick={() => void signOut(t, session, () => leave.mutateAsync())}
      >
        {t('devices.end.all')}
      </Button>
    </Stack>
  )
}
