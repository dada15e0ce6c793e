import { ActionIcon, Menu, Text } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { IconArrowBackUp, IconDots, IconFileText, IconTrash, IconWorld } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, type DocumentInfo, type Problem } from '../../api/client'
import classes from './DocumentCard.module.css'

interface Props {
  document: DocumentInfo
  compact: boolean
  onChanged: () => Promise<void>
}

export function DocumentCard({ document, compact, onChanged }: Props) {
  const { t } = useTranslation()
  const run = async (work: Promise<unknown>, message?: string) => {
    try {
      await work
      await onChanged()
      if (message) notifications.show({ message })
    } catch (problem) {
      notifications.show({ color: 'red', message: (problem as Problem).detail ?? t('error.network') })
    }
  }
  const erase = () =>
    modals.openConfirmModal({
      title: t('erase.title', { title: document.title }),
      children: t('erase.text'),
      labels: { confirm: t('erase.confirm'), cancel: t('cancel') },
      confirmProps: { color: 'red' },
      onConfirm: () => void run(api.erase(document.id)),
    })
  const owner = document.role === 'owner'
  const name = (
    <>
      <IconFileText size={20} aria-hidden className={classes.icon} />
      <span className={classes.title}>{document.title}</span>
    </>
  )
  return (
    <div className={compact ? classes.row : classes.card} role="listitem">
      {document.trashed_at ? (
        <span className={classes.link}>{name}</span>
      ) : (
        <Link to="/d/$documentId" params={{ documentId: document.id }} className={classes.link}>
          {name}
        </Link>
      )}
      <div className={classes.foot}>
        <Text size="sm" c="dimmed">
          {t('documents.changed', { when: new Date(document.updated_at).toLocaleDateString() })}
        </Text>
        {document.link_role && <IconWorld size={16} aria-label={t('documents.shared')} />}
        {owner && (
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" aria-label={t('documents.menu', { title: document.title })}>
                <IconDots size={18} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {document.trashed_at ? (
                <>
                  <Menu.Item
                    leftSection={<IconArrowBackUp size={16} />}
                    onClick={() => void run(api.restore(document.id))}
                  >
                    {t('trash.restore')}
                  </Menu.Item>
                  <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={erase}>
                    {t('erase.confirm')}
                  </Menu.Item>
                </>
              ) : (
                <Menu.Item
                  leftSection={<IconTrash size={16} />}
                  onClick={() => void run(api.trash(document.id), t('trash.moved', { title: document.title }))}
                >
                  {t('trash.move')}
                </Menu.Item>
              )}
            </Menu.Dropdown>
          </Menu>
        )}
      </div>
    </div>
  )
}
