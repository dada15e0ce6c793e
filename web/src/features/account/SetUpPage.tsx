import { useQuery } from '@tanstack/react-query'
import { Navigate, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Loading } from '../../app/Loading'
import { api } from '../../api/client'
import { useSetSession } from '../../app/auth'
import { FailedPage } from '../../app/Notice'
import { EntryPage } from './EntryPage'
import { NewAccountForm } from './NewAccountForm'

export function SetUpPage() {
  const { t, i18n } = useTranslation()
  const navigate = useNavigate()
  const setSession = useSetSession()
  const { data, error, refetch } = useQuery({ queryKey: ['setup'], queryFn: api.setup, networkMode: 'always' })
  if (error) return <FailedPage error={error} retry={refetch} />
  if (!data) return <Loading />
  if (!data.needed) return <Navigate to="/" />
  return (
    <EntryPage title={t('setup.title')} lead={t('setup.lead')}>
      <NewAccountForm
        submitLabel={t('setup.submit')}
        askCode={data.code_required}
        onSubmit={async (form) => {
          setSession(await api.createOwner({ ...form, language: i18n.language }))
          await navigate({ to: '/' })
        }}
      />
    </EntryPage>
  )
}
