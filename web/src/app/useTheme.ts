import { useCallback } from 'react'
import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core'

/** Light or dark as it is seen now, and the switch to the other. */
export function useTheme(): { dark: boolean; toggle: () => void } {
  const { setColorScheme } = useMantineColorScheme()
  const dark = useComputedColorScheme('light') === 'dark'
  const toggle = useCallback(() => setColorScheme(dark ? 'light' : 'dark'), [dark, setColorScheme])
  return { dark, toggle }
}
