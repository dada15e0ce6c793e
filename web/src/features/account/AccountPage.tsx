import {
  Alert,
  Badge,
  Button,
  Card,
  Container,
  Group,
  PasswordInput,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
} from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Loading } from '../../app/Loading'
import { api, MAX_NAME, MIN_PASSWORD, Problem, type Account, type Session } from '../../api/client'
import { explain, explainField } from '../../api/explain'
import { CopyField } from '../../app/CopyField'
import { Notice } from '../../app/LostPage'
import { useTitle } from '../../app/title'
import { useSession } from '../../app/auth'
import { useCheckedForm } from '../../app/useCheckedForm'
import { LanguageSelect } from '../../i18n/LanguageSelect'
import { Moment } from '../../i18n/Moment'
import { Header } from './Header'
import { signOut } from './leaving'

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card withBorder padding="lg" component="section" aria-label={title}>
      <Title order={2} size="h4" mb="md">
        {title}
      </Title>
      {children}
    </Card>
  )
}

function Failure({ error }: { error: unknown }) {
  const { t } = useTranslation()
  if (!error) return null
  return (
    <Alert color="red" role="alert">
      {explain(t, error)}
    </Alert>
  )
}

function Profile({ account }: { account: Account }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const [name, setName] = useState(account.name)
  const save = useMutation({
    mutationFn: api.updateAccount,
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['session'] })
      notifications.show({ message: t('account.saved') })
    },
  })
  const { form, wrong } = useCheckedForm(() => save.mutate({ name }))
  return (
    <form {...form}>
      <Stack maw={420}>
        {save.error && !explainField(t, save.error, 'name') && (
          <Alert color="red" role="alert">
            {explain(t, save.error)}
          </Alert>
        )}
        <TextInput
          label={t('field.name')}
          name="name"
          description={t('field.name.hint')}
          autoComplete="name"
          value={name}
          required
          maxLength={MAX_NAME}
          error={wrong.name ?? explainField(t, save.error, 'name')}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label={t('field.email')}
          description={t('account.email.hint')}
          dir="ltr"
          value={account.email}
          readOnly
        />
        <LanguageSelect label={t('field.language')} onChosen={(language) => save.mutate({ language })} />
        <Button type="submit" w="fit-content" loading={save.isPending}>
          {t('save')}
        </Button>
      </Stack>
    </form>
  )
}

function Password() {
  const { t } = useTranslation()
  const [passwords, setPasswords] = useState({ current: '', new: '' })
  const change = useMutation({
    mutationFn: api.changePassword,
    onSuccess: () => {
      setPasswords({ current: '', new: '' })
      notifications.show({ message: t('password.changed') })
    },
  })
  const wrongCurrent = change.error instanceof Problem && change.error.body.code === 'wrong-current-password'
  const wrongNew = explainField(t, change.error, 'new')
  const { form, wrong } = useCheckedForm(() => change.mutate(passwords))
  return (
    <form {...form}>
      <Stack maw={420}>
        {change.error && !wrongNew && !wrongCurrent && (
          <Alert color="red" role="alert">
            {explain(t, change.error)}
          </Alert>
        )}
        <PasswordInput
          label={t('password.current')}
          name="current"
          autoComplete="current-password"
          required
          value={passwords.current}
          error={wrong.current ?? (wrongCurrent && explain(t, change.error))}
          onChange={(event) => setPasswords({ ...passwords, current: event.currentTarget.value })}
        />
        <PasswordInput
          label={t('password.new')}
          name="new"
          description={t('field.password.hint')}
          autoComplete="new-password"
          required
          minLength={MIN_PASSWORD}
          value={passwords.new}
          error={wrong.new ?? wrongNew}
          onChange={(event) => setPasswords({ ...passwords, new: event.currentTarget.value })}
        />
        <Button type="submit" w="fit-content" loading={change.isPending}>
          {t('password.change')}
        </Button>
      </Stack>
    </form>
  )
}

function Devices({ session }: { session: Session }) {
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
      <Failure error={error ?? end.error} />
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

function Tokens() {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const { data, error } = useQuery({ queryKey: ['tokens'], queryFn: api.tokens, networkMode: 'always' })
  const refresh = () => queries.invalidateQueries({ queryKey: ['tokens'] })
  const make = useMutation({ mutationFn: api.createToken, onSuccess: refresh })
  const revoke = useMutation({ mutationFn: api.revokeToken, onSuccess: refresh })
  const { form, wrong } = useCheckedForm(() =>
    make.mutate({ name, scopes: ['documents:read', 'documents:write'] }, { onSuccess: () => setName('') }),
  )
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {t('tokens.lead')}
      </Text>
      <Failure error={error ?? (explainField(t, make.error, 'name') ? null : make.error) ?? revoke.error} />
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
            error={wrong.name ?? explainField(t, make.error, 'name')}
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

export function AccountPage() {
  const { t } = useTranslation()
  const { data: session, error } = useSession()
  useTitle(t('account.title'))
  if (error) return <Notice title={t('error.title')} text={explain(t, error)} />
  if (!session) return <Loading />
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
            <Devices session={session} />
          </Section>
          <Section title={t('tokens.title')}>
            <Tokens />
          </Section>
        </Stack>
      </Container>
    </>
  )
}
