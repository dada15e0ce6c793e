import { ActionIcon, Menu } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconDots } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, type DocumentInfo } from '../../api/client'
import { explain } from '../../api/explain'
import { useMenuButton } from '../../app/useMenuButton'
import { download } from './download'

interface Props {
  documentId: string
  info: DocumentInfo | undefined
  link: string | null
  onCount: (() => void) | null
}

const EXTENSIONS = { markdown: 'md', html: 'html', text: 'txt', json: 'json' } as const
const FORMATS = Object.keys(EXTENSIONS) as (keyof typeof EXTENSIONS)[]

/** What can be done with the open document besides writing. */
export function DocumentMenu({ documentId, info, link, onCount }: Props) {
  const { t } = useTranslation()
  const { button, from } = useMenuButton()
  const navigate = useNavigate()
  const failed = (error: unknown) => notifications.show({ color: 'red', message: explain(t, error) })
  const save = async (format: keyof typeof EXTENSIONS) => {
    try {
      download(`${info?.title ?? 'document'}.${EXTENSIONS[format]}`, await api.content(documentId, format, link))
    } catch (error) {
      failed(error)
    }
  }
  const trash = async () => {
    try {
      await api.trash(documentId)
      await navigate({ to: '/' })
      notifications.show({ message: t('trash.moved', { title: info?.title }) })
    } catch (error) {
      failed(error)
    }
  }
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon ref={button} variant="subtle" color="gray" size={36} aria-label={t('document.menu')}>
          <IconDots size={20} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {onCount && <Menu.Item onClick={from(onCount)}>{t('words.title')}</Menu.Item>}
        <Menu.Item onClick={() => window.print()}>{t('document.print')}</Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t('document.download')}</Menu.Label>
        {FORMATS.map((format) => (
          <Menu.Item key={format} onClick={() => void save(format)}>
            {t(`format.${format}`)}
          </Menu.Item>
        ))}
        {info?.role === 'owner' && (
          <>
            <Menu.Divider />
            <Menu.Item color="red" onClick={() => void trash()}>
              {t('trash.move')}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
