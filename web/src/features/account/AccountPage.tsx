import {
  Alert,
  Badge,
  Button,
  Card,
  Code,
  Container,
  Group,
  PasswordInput,
  Select,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
} from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'
import { useState, type FormEvent, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { api, type Account, type Problem } from '../../api/client'
import { useSession } from '../../app/auth'
import { LANGUAGES, setLanguage } from '../../i18n'
import { clearLocalStores } from '../../sync/local'
import { Header } from '../documents/Header'

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card withBorder padding="lg" component="section">
      <Title order={2} size="h4" mb="md">
        {title}
      </Title>
      {children}
    </Card>
  )
}

function Profile({ account }: { account: Account }) {
  const { t, i18n } = useTranslation()
  const queries = useQueryClient()
  const [name, setName] = useState(account.name)
  const save = useMutation({
    mutationFn: api.updateAccount,
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['session'] })
      notifications.show({ message: t('account.saved') })
    },
  })
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        save.mutate({ name })
      }}
    >
      <Stack maw={420}>
        {save.error && <Alert color="red">{(save.error as Problem).detail}</Alert>}
        <TextInput
          label={t('field.name')}
          value={name}
          required
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput label={t('field.email')} value={account.email} readOnly />
        <Select
          label={t('field.language')}
          value={i18n.language}
          data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
          allowDeselect={false}
          onChange={(language) => {
            if (language) {
              void setLanguage(language)
              save.mutate({ language })
            }
          }}
        />
        <Button type="submit" w="fit-content" loading={save.isPending}>
          {t('save')}
        </Button>
      </Stack>
    </form>
  )
}

function Password() {
  const { t } = useTranslation()
  const [form, setForm] = useState({ current: '', new: '' })
  const change = useMutation({
    mutationFn: api.changePassword,
    onSuccess: () => {
      setForm({ current: '', new: '' })
      notifications.show({ message: t('password.changed') })
    },
  })
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        change.mutate(form)
      }}
    >
      <Stack maw={420}>
        {change.error && <Alert color="red">{(change.error as Problem).detail}</Alert>}
        <PasswordInput
          label={t('password.current')}
          autoComplete="current-password"
          required
          value={form.current}
          onChange={(event) => setForm({ ...form, current: event.currentTarget.value })}
        />
        <PasswordInput
          label={t('password.new')}
          description={t('field.password.hint')}
          autoComplete="new-password"
          required
          minLength={10}
          value={form.new}
          onChange={(event) => setForm({ ...form, new: event.currentTarget.value })}
        />
        <Button type="submit" w="fit-content" loading={change.isPending}>
          {t('password.change')}
        </Button>
      </Stack>
    </form>
  )
}

function Devices() {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const { data } = useQuery({ queryKey: ['devices'], queryFn: api.devices })
  const end = useMutation({
    mutationFn: api.endDevice,
    onSuccess: () => queries.invalidateQueries({ queryKey: ['devices'] }),
  })
  return (
    <Stack>
      {data?.items.map((device) => (
        <Group key={device.id} justify="space-between" wrap="nowrap">
          <div>
            <Text>
              {device.device} {device.current && <Badge variant="light">{t('devices.this')}</Badge>}
            </Text>
            <Text size="sm" c="dimmed">
              {device.address} · {new Date(device.last_used_at).toLocaleString()}
            </Text>
          </div>
          {!device.current && (
            <Button variant="default" size="xs" onClick={() => end.mutate(device.id)}>
              {t('devices.end')}
            </Button>
          )}
        </Group>
      ))}
      <Button
        variant="default"
        w="fit-content"
        onClick={() =>
          void api.signOutEverywhere().then(async () => {
            await clearLocalStores()
            location.assign('/sign-in')
          })
        }
      >
        {t('devices.end.all')}
      </Button>
    </Stack>
  )
}

function Tokens() {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const { data } = useQuery({ queryKey: ['tokens'], queryFn: api.tokens })
  const refresh = () => queries.invalidateQueries({ queryKey: ['tokens'] })
  const make = useMutation({ mutationFn: api.createToken, onSuccess: refresh })
  const revoke = useMutation({ mutationFn: api.revokeToken, onSuccess: refresh })
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {t('tokens.lead')}
      </Text>
      {make.data?.secret && (
        <Alert title={t('tokens.once')}>
          <Code block>{make.data.secret}</Code>
        </Alert>
      )}
      {!!data?.items.length && (
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('field.name')}</Table.Th>
              <Table.Th>{t('tokens.scopes')}</Table.Th>
              <Table.Th aria-label={t('tokens.revoke')} />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.items.map((token) => (
              <Table.Tr key={token.id}>
                <Table.Td>{token.name}</Table.Td>
                <Table.Td>{token.scopes.join(', ')}</Table.Td>
                <Table.Td>
                  <Button size="xs" variant="default" onClick={() => revoke.mutate(token.id)}>
                    {t('tokens.revoke')}
                  </Button>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <form
        onSubmit={(event: FormEvent) => {
          event.preventDefault()
          make.mutate({ name, scopes: ['documents:read', 'documents:write'] })
          setName('')
        }}
      >
        <Group align="end">
          <TextInput
            label={t('tokens.name')}
            required
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Button type="submit" variant="default">
            {t('tokens.make')}
          </Button>
        </Group>
      </form>
    </Stack>
  )
}

export function AccountPage() {
  const { t } = useTranslation()
  const { data: session } = useSession()
  if (!session) return null
  if (!session.account) return <Navigate to="/sign-in" />
  return (
    <>
      <Header session={session} />
      <Container size="sm" py="xl" component="main" id="main">
        <Stack gap="lg">
          <Title order={1} size="h2">
            {t('account.title')}
          </Title>
          <Section title={t('account.profile')}>
            <Profile account={session.account} />
          </Section>
          <Section title={t('password.title')}>
            <Password />
          </Section>
          <Section title={t('devices.title')}>
            <Devices />
          </Section>
          <Section title={t('tokens.title')}>
            <Tokens />
          </Section>
        </Stack>
      </Container>
    </>
  )
}
