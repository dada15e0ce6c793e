import { ActionIcon, Avatar, Menu } from '@mantine/core'
import { IconMoon, IconSun } from '@tabler/icons-react'
import type { ReactNode, Ref } from 'react'
import { useTranslation } from 'react-i18next'
import { useTheme } from '../../app/useTheme'
import { initials } from '../../presence/initials'

interface Props {
  person: { name: string; color: string }
  /** What the button is called. */
  label: string
  button: Ref<HTMLButtonElement>
  heading: string
  /** What signs in or out. */
  leave: ReactNode
  children: ReactNode
}

/** The menu behind the picture of who is here. */
export function AvatarMenu({ person, label, button, heading, leave, children }: Props) {
  const { t } = useTranslation()
  const { dark, toggle } = useTheme()
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <ActionIcon ref={button} variant="transparent" size={40} aria-label={label}>
          <Avatar size={34} radius="xl" styles={{ placeholder: { background: person.color, color: '#fff' } }}>
            {initials(person.name)}
          </Avatar>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label dir="auto">{heading}</Menu.Label>
        {children}
        <Menu.Item leftSection={dark ? <IconSun size={16} /> : <IconMoon size={16} />} onClick={toggle}>
          {t(dark ? 'theme.light' : 'theme.dark')}
        </Menu.Item>
        <Menu.Divider />
        {leave}
      </Menu.Dropdown>
    </Menu>
  )
}
