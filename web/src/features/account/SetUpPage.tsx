import { Loader } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Navigate, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../api/client'
import { useSetSession } from '../../app/auth'
import { Card } from './Card'
import { NewAccountForm } from './NewAccountForm'

export function SetUpPage() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const setSession = useSetSession()
  const { data } = useQuery({ queryKey: ['setup'], queryFn: api.setup })
  if (!data) return <Loader aria-label={t('loading')} m="xl" />
  if (!data.needed) return <Navigate to="/" />
  return (
    <Card title={t('setup.title')} lead={t('setup.lead')}>
      <NewAccountForm
        submitLabel={t('setup.submit')}
        askCode={data.code_required}
        onSubmit={async (form) => {
          setSession(await api.createOwner(form))
          await navigate({ to: '/' })
        }}
      />
    </Card>
  )
}
