import { Badge, Tooltip } from '@mantine/core'
import { IconEye } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

/** Says that one may only read. */
export function ViewingBadge() {
  const { t } = useTranslation()
  return (
    <Tooltip label={t('mode.viewing.hint')} multiline maw={280}>
      <Badge flex="none" variant="light" color="gray" leftSection={<IconEye size={14} aria-hidden />} tt="none">
        {t('mode.viewing')}
      </Badge>
    </Tooltip>
  )
}
