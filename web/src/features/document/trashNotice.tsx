import { Button, Group, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import type { TFunction } from 'i18next'

/** Says that a document is in the trash; `undo` takes it out again. */
export function showTrashed(t: TFunction, title: string, undo: () => void): void {
  const notice = notifications.show({
    autoClose: 8000,
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{t('trash.moved', { title })}</Text>
        <Button
          size="compact-sm"
          variant="subtle"
          style={{ flexShrink: 0 }}
          onClick={() => {
            notifications.hide(notice)
            undo()
          }}
        >
          {t('undo')}
        </Button>
      </Group>
    ),
  })
}
