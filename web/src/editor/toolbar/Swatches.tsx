import { ActionIcon, CheckIcon, ColorSwatch, isLightColor, Menu, Tooltip } from '@mantine/core'
import { useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { sideways } from '../../browser/arrows'

/** Its name in the catalogue, and which shade of it. */
type Swatch = readonly [color: string, name: string, shade?: 'light' | 'bright' | 'dark']

const HUES = ['red', 'orange', 'yellow', 'green', 'teal', 'blue', 'violet', 'pink']
const shades = (shade: Swatch[2], colors: string[]) =>
  colors.map((color, index): Swatch => [color, HUES[index] ?? '', shade])

const LIGHT = shades('light', ['#ffc9c9', '#ffd8a8', '#fff3a3', '#d3f9d8', '#c5f6fa', '#d0ebff', '#e5dbff', '#ffdeeb'])
const BRIGHT = shades('bright', [
  '#ff5c5c',
  '#ff9f1a',
  '#ffe100',
  '#4cd964',
  '#22d3ee',
  '#4dabf7',
  '#9775fa',
  '#f06bb8',
])
/** Those of the middle row are dark enough to read on paper and light enough to tell apart. */
export const COLORS: Swatch[] = [
  ['#000000', 'black'],
  ['#3c4043', 'gray', 'dark'],
  ['#5f6368', 'gray'],
  ['#9aa0a6', 'gray', 'bright'],
  ['#dadce0', 'gray', 'light'],
  ['#ffffff', 'white'],
  ['#7b4f2c', 'brown'],
  ['#c8a27a', 'brown', 'bright'],
  ...LIGHT,
  ...BRIGHT,
  ...shades(undefined, ['#b3261e', '#b06000', '#8a6d00', '#3d6b21', '#00696f', '#1a5fb4', '#5b4ab5', '#9a3b8b']),
  ...shades('dark', ['#7a1410', '#6f3d00', '#5c4800', '#24430f', '#00444a', '#0d3a75', '#3a2d80', '#64235a']),
]
/** Light enough to read black text on. */
export const MARKERS: Swatch[] = [...LIGHT, ...BRIGHT]

interface Props {
  label: string
  icon: ReactNode
  colors: Swatch[]
  /** What the tool shows while the text has no colour of its own. */
  plain?: string
  value: string | null
  onPick: (color: string | null) => void
}

/** As many in a row as `tools.css` says. */
const COLUMNS = 8

function move(event: KeyboardEvent<HTMLElement>): void {
  const rows: Record<string, number> = { ArrowDown: COLUMNS, ArrowUp: -COLUMNS }
  const step = sideways(event.key) || rows[event.key]
  const all = [...event.currentTarget.children]
  let next = step && all[all.indexOf(event.target as Element) + step]
  if (!next && event.key === 'ArrowDown') next = event.currentTarget.nextElementSibling ?? undefined
  if (!(next instanceof HTMLElement)) return
  event.preventDefault()
  event.stopPropagation()
  next.focus()
}

/** A button that offers colours, also any other, and shows the one in use. */
export function Swatches({ label, icon, colors, plain = 'transparent', value, onPick }: Props) {
  const { t } = useTranslation()
  const other = useRef<HTMLInputElement>(null)
  const pick = useRef(onPick)
  useEffect(() => {
    pick.current = onPick
  })
  useEffect(() => {
    const input = other.current
    // React's onChange fires for every colour on the way; this one for the colour that was chosen.
    const chosen = () => input && pick.current(input.value)
    input?.addEventListener('change', chosen)
    return () => input?.removeEventListener('change', chosen)
  }, [])
  const named = ([, name, shade]: Swatch) =>
    shade ? t(`color.shade.${shade}`, { color: t(`color.${name}`) }) : t(`color.${name}`)
  return (
    <span className="swatch-tool">
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
              <span className="swatch-now" style={{ background: value ?? plain }} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          {/* The menu moves by one with every arrow; these stand in rows. */}
          <div className="swatches" onKeyDownCapture={move}>
            {colors.map((swatch) => (
              <Menu.Item
                key={swatch[0]}
                w="auto"
                p={5}
                title={named(swatch)}
                renderRoot={(props: Record<string, unknown>) => (
                  <button
                    {...props}
                    type="button"
                    role="menuitemradio"
                    aria-checked={value === swatch[0]}
                    aria-label={named(swatch)}
                  />
                )}
                onClick={() => onPick(swatch[0])}
              >
                <ColorSwatch color={swatch[0]} size={20}>
                  {value === swatch[0] && <CheckIcon size={10} color={isLightColor(swatch[0]) ? '#000' : '#fff'} />}
                </ColorSwatch>
              </Menu.Item>
            ))}
          </div>
          <Menu.Item
            onClick={() => {
              if (!other.current) return
              other.current.value = value ?? '#000000'
              other.current.click()
            }}
          >
            {t('toolbar.color.other')}
          </Menu.Item>
          <Menu.Item onClick={() => onPick(null)}>{t('toolbar.color.none')}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <input ref={other} className="swatch-other" type="color" aria-hidden tabIndex={-1} />
    </span>
  )
}
