import { Alert, Loader } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../api/client'
import { Card } from './Card'
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
  })
  if (error) {
    return (
      <Card title={t('invite.title.plain')}>
        <Alert color="orange">{t('invite.invalid')}</Alert>
      </Card>
    )
  }
  if (!data) return <Loader aria-label={t('loading')} m="xl" />
  return (
    <Card title={t('invite.title', { workspace: data.workspace })} lead={t('invite.lead', { inviter: data.inviter })}>
      <NewAccountForm
        submitLabel={t('invite.submit')}
        email={data.email}
        onSubmit={async (form) => {
          await api.acceptInvitation({ ...form, token })
          await queries.invalidateQueries({ queryKey: ['session'] })
          await navigate({ to: '/' })
        }}
      />
    </Card>
  )
}
