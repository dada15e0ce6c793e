import { Alert, Anchor } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Loading } from '../../app/Loading'
import { api, Problem } from '../../api/client'
import { explain } from '../../api/explain'
import { EntryPage } from './EntryPage'
import { NewAccountForm } from './NewAccountForm'

/** The secret is in the fragment, so that it reaches no log. */
export function InvitePage() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const token = location.hash.slice(1)
  const { data, error } = useQuery({
    queryKey: ['invitation', token],
    queryFn: () => api.previewInvitation(token),
    retry: false,
    networkMode: 'always',
  })
  if (error) {
    // A link of which a mail program kept only the beginning is one that does not work any more.
    const invalid = error instanceof Problem && [404, 422].includes(error.status)
    return (
      <EntryPage title={t('invite.title.plain')}>
        <Alert color="orange">{invalid ? t('invite.invalid') : explain(t, error)}</Alert>
        <Anchor href="/sign-in">{t('signin.title')}</Anchor>
      </EntryPage>
    )
  }
  if (!data) return <Loading />
  return (
    <EntryPage
      title={t('invite.title', { workspace: data.workspace })}
      lead={t('invite.lead', { inviter: data.inviter })}
    >
      <NewAccountForm
        submitLabel={t('invite.submit')}
        email={data.email}
        onSubmit={async (form) => {
          await api.acceptInvitation({ ...form, token })
          await queries.invalidateQueries({ queryKey: ['session'] })
          // Going back finds no invitation that is used.
          await navigate({ to: '/', replace: true })
        }}
      />
    </EntryPage>
  )
}
