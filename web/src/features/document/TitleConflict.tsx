import { Button, Modal, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Conflict } from './useDocumentInfo'

interface Props {
  conflict: Conflict | null
  settle: (choice: 'mine' | 'theirs') => void
}

/** Asks which title stays, where somebody else gave another one meanwhile. */
export function TitleConflict({ conflict, settle }: Props) {
  const { t } = useTranslation()
  return (
    <Modal
      opened={conflict !== null}
      onClose={() => undefined}
      withCloseButton={false}
      title={t('rename.conflict.title')}
    >
      <Stack>
        <Text size="sm">{t('rename.conflict.text')}</Text>
        <Button variant="default" onClick={() => settle('theirs')}>
          {t('rename.conflict.theirs', { title: conflict?.theirs.title })}
        </Button>
        <Button onClick={() => settle('mine')}>{t('rename.conflict.mine', { title: conflict?.mine })}</Button>
      </Stack>
    </Modal>
  )
}
