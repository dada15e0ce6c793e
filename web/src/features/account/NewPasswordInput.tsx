import { PasswordInput, type PasswordInputProps } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { MIN_PASSWORD } from '../../api/client'

/** The field for a password that is chosen here: it tells the rule, and browsers offer one. */
export function NewPasswordInput(field: PasswordInputProps) {
  const { t } = useTranslation()
  return (
    <PasswordInput
      description={t('field.password.hint')}
      autoComplete="new-password"
      required
      minLength={MIN_PASSWORD}
      {...field}
    />
  )
}
