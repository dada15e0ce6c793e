import { ActionIcon, Menu } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { FORMATS } from '../../api/client'
import type { PageActions } from '../../editor/panels/panel'

/** What can be done with a document while its editor, which has menus of its own, cannot be shown. */
export function DocumentMenu({ page }: { page: PageActions }) {
  const { t } = useTranslation()
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={36} aria-label={t('document.menu')}>
          <IconDots size={20} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('document.download')}</Menu.Label>
        {FORMATS.map((format) => (
          <Menu.Item key={format} onClick={() => page.download(format)}>
            {t(`format.${format}`)}
          </Menu.Item>
        ))}
        {page.copy && (
          <>
            <Menu.Divider />
            <Menu.Item onClick={page.copy}>{t('documents.copy')}</Menu.Item>
          </>
        )}
        {page.trash && (
          <>
            <Menu.Divider />
            <Menu.Item color="red" onClick={page.trash}>
              {t('trash.move')}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
