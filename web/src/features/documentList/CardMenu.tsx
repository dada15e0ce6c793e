import { ActionIcon, Menu, Text } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import {
  IconArrowBackUp,
  IconCopy,
  IconDots,
  IconExternalLink,
  IconPencil,
  IconShare,
  IconTrash,
  IconTrashX,
  IconX,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { api, type DocumentInfo } from '../../api/client'
import { explain } from '../../api/explain'
import { useMenuButton } from '../../app/useMenuButton'
import { restoreDocument, trashDocument } from '../document/changeDocument'
import { cutTitle } from '../document/cutTitle'
import { share } from '../document/share'
import { showTrashed } from '../document/trashNotice'
import { RenameForm } from './RenameForm'

interface Props {
  document: DocumentInfo
  /** `gone` when the document left this list. */
  onChanged: (gone: boolean) => Promise<void>
}

/** What can be done with a document without opening it. */
export function CardMenu({ document, onChanged }: Props) {
  const { t } = useTranslation()
  const { button, from } = useMenuButton()
  const { id, title } = document
  const owner = document.role === 'owner'
  const run = async (work: Promise<unknown>, gone = true): Promise<boolean> => {
    try {
      await work
      await onChanged(gone)
      return true
    } catch (error) {
      notifications.show({ color: 'red', message: explain(t, error) })
      return false
    }
  }
  const trash = async () => {
    if (!(await run(trashDocument(document)))) return
    showTrashed(t, title, () => void run(restoreDocument(document)))
  }
  const copy = async () => {
    const name = cutTitle(t('documents.copy.title', { title }))
    if (await run(api.copyDocument(id, name, null), false))
      notifications.show({ message: t('documents.copied', { title: name }) })
  }
  const restore = async () => {
    if (await run(restoreDocument(document))) notifications.show({ message: t('trash.restored', { title }) })
  }
  const leave = async () => {
    if (await run(api.forgetVisit(id))) notifications.show({ message: t('shared.left', { title }) })
  }
  const erase = () =>
    modals.openConfirmModal({
      title: t('erase.title', { title }),
      children: <Text size="sm">{t('erase.text')}</Text>,
      labels: { confirm: t('erase.confirm'), cancel: t('cancel') },
      confirmProps: { color: 'red' },
      onConfirm: () => void run(api.erase(id)),
    })
  const rename = () => {
    modals.open({
      title: t('rename.title'),
      children: (
        <RenameForm
          document={document}
          onDone={() => {
            modals.closeAll()
            void onChanged(false)
          }}
        />
      ),
    })
  }
  if (document.trashed_at && !owner) return null
  return (
    <Menu position="bottom-end" width={230}>
      <Menu.Target>
        <ActionIcon ref={button} variant="subtle" color="gray" size={32} aria-label={t('documents.menu', { title })}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      {document.trashed_at ? (
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconArrowBackUp size={16} />} onClick={() => void restore()}>
            {t('trash.restore')}
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrashX size={16} />} onClick={from(erase)}>
            {t('erase.confirm')}
          </Menu.Item>
        </Menu.Dropdown>
      ) : (
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconExternalLink size={16} />}
            component="a"
            href={`/d/${id}`}
            target="_blank"
            rel="noopener"
          >
            {t('documents.open.tab')}
          </Menu.Item>
          {(owner || document.role === 'editor') && (
            <Menu.Item leftSection={<IconPencil size={16} />} onClick={from(rename)}>
              {t('rename')}
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconCopy size={16} />} onClick={() => void copy()}>
            {t('documents.copy')}
          </Menu.Item>
          {!owner && (
            <Menu.Item leftSection={<IconX size={16} />} onClick={() => void leave()}>
              {t('shared.leave')}
            </Menu.Item>
          )}
          {owner && (
            <>
              <Menu.Item
                leftSection={<IconShare size={16} />}
                onClick={from(() => void share(t, id, title, () => void onChanged(false)))}
              >
                {t('share')}
              </Menu.Item>
              <Menu.Divider />
              <Menu.Item leftSection={<IconTrash size={16} />} onClick={() => void trash()}>
                {t('trash.move')}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      )}
    </Menu>
  )
}
