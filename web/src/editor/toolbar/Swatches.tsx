import { ActionIcon, CheckIcon, ColorSwatch, Menu, Tooltip } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

/** Dark enough to read on paper, light enough to tell apart; the catalogue names them. */
export const COLORS = [
  ['#000000', 'black'],
  ['#5f6368', 'gray'],
  ['#b3261e', 'red'],
  ['#b06000', 'orange'],
  ['#3d6b21', 'green'],
  ['#00696f', 'teal'],
  ['#1a5fb4', 'blue'],
  ['#5b4ab5', 'violet'],
  ['#9a3b8b', 'pink'],
] as const
/** Light enough to read black text on. */
export const MARKERS = [
  ['#fff3a3', 'yellow'],
  ['#ffd8a8', 'orange'],
  ['#ffc9c9', 'red'],
  ['#d3f9d8', 'green'],
  ['#c5f6fa', 'teal'],
  ['#d0ebff', 'blue'],
  ['#e5dbff', 'violet'],
] as const

interface Props {
  label: string
  icon: ReactNode
  colors: readonly (readonly [string, string])[]
  value: string | null
  onPick: (color: string | null) => void
}

/** A button that offers colours and shows the one in use. */
export function Swatches({ label, icon, colors, value, onPick }: Props) {
  const { t } = useTranslation()
  return (
    <Menu>
      <Menu.Target>
        <Tooltip label={label} openDelay={400}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={34}
            className="swatch-button"
            aria-label={label}
            onMouseDown={(event) => event.preventDefault()}
          >
            {icon}
            <span className="swatch-now" style={{ background: value ?? 'transparent' }} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <div className="swatches">
          {colors.map(([color, name]) => (
            <Menu.Item
              key={color}
              w="auto"
              p={6}
              title={t(`color.${name}`)}
              renderRoot={(props: Record<string, unknown>) => (
                <button
                  {...props}
                  type="button"
                  role="menuitemradio"
                  aria-checked={value === color}
                  aria-label={t(`color.${name}`)}
                />
              )}
              onClick={() => onPick(color)}
            >
              <ColorSwatch color={color} size={20}>
                {value === color && <CheckIcon size={10} color={color === '#000000' ? '#fff' : undefined} />}
              </ColorSwatch>
            </Menu.Item>
          ))}
        </div>
        <Menu.Item onClick={() => onPick(null)}>{t('toolbar.color.none')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
