import { Alert, Button, Group, Stack, Table, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, MAX_NAME } from '../../api/client'
import { explainField } from '../../api/explain'
import { CopyField } from '../../app/CopyField'
import { ErrorAlert } from '../../app/ErrorAlert'
import { useCheckedForm } from '../../app/useCheckedForm'
import { Moment } from '../../i18n/Moment'

/** The tokens by which programs come in this person's name; a secret is shown once. */
export function Tokens() {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const { data, error } = useQuery({ queryKey: ['tokens'], queryFn: api.tokens, networkMode: 'always' })
  const refresh = () => queries.invalidateQueries({ queryKey: ['tokens'] })
  const make = useMutation({ mutationFn: api.createToken, onSuccess: refresh })
  const revoke = useMutation({ mutationFn: api.revokeToken, onSuccess: refresh })
  const wrongName = explainField(t, make.error, 'name')
  const { form, wrong } = useCheckedForm(() =>
    make.mutate({ name, scopes: ['documents:read', 'documents:write'] }, { onSuccess: () => setName('') }),
  )
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {t('tokens.lead')}
      </Text>
      <ErrorAlert error={error ?? (wrongName ? null : make.error) ?? revoke.error} />
      {make.data?.secret && (
        <Alert role="status" title={t('tokens.once')}>
          <CopyField value={make.data.secret} label={t('tokens.secret')} copyLabel={t('copy')} />
        </Alert>
      )}
      {!!data?.items.length && (
        <Table.ScrollContainer minWidth={420} type="native" tabIndex={0} role="group" aria-label={t('tokens.title')}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('field.name')}</Table.Th>
                <Table.Th>{t('tokens.scopes')}</Table.Th>
                <Table.Th>{t('tokens.used')}</Table.Th>
                <Table.Td />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.items.map((token) => (
                <Table.Tr key={token.id}>
                  <Table.Td dir="auto">{token.name}</Table.Td>
                  <Table.Td>{token.scopes.map((scope) => t(`scope.${scope}`)).join(', ')}</Table.Td>
                  <Table.Td>
                    {token.last_used_at ? <Moment at={token.last_used_at} /> : t('tokens.used.never')}
                  </Table.Td>
                  <Table.Td ta="end">
                    <Button
                      size="xs"
                      variant="default"
                      aria-label={t('tokens.revoke.one', { name: token.name })}
                      onClick={() => revoke.mutate(token.id)}
                    >
                      {t('tokens.revoke')}
                    </Button>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <form {...form}>
        <Group align={wrong.name ? 'center' : 'end'}>
          <TextInput
            label={t('tokens.name')}
            name="name"
            required
            maxLength={MAX_NAME}
            value={name}
            error={wrong.name ?? wrongName}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" loading={make.isPending}>
            {t('tokens.make')}
          </Button>
        </Group>
      </form>
    </Stack>
  )
}
