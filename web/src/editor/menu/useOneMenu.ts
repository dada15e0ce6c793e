import { useMediaQuery } from '@mantine/hooks'

/** Whether the screen, a phone's upright or on its side, has room for one menu only instead of a row of them. */
export function useOneMenu(): boolean {
  return useMediaQuery('(max-width: 700px), (max-height: 500px)', false, { getInitialValueInEffect: false })
}
