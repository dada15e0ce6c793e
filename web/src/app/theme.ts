import {
  Alert,
  createTheme,
  Menu,
  Modal,
  ModalHeader,
  Notification,
  type CSSVariablesResolver,
  type MantineColorsTuple,
  type MantineThemeOverride,
} from '@mantine/core'

const pine: MantineColorsTuple = [
  '#eef6f2',
  '#dcebe3',
  '#b8d7c8',
  '#91c2ab',
  '#6fb092',
  '#4f9579',
  '#3f7d65',
  '#2f6a55',
  '#2f5d50',
  '#1f4438',
]

const theme = createTheme({
  primaryColor: 'pine',
  primaryShade: { light: 8, dark: 6 },
  colors: { pine },
  defaultRadius: 'md',
  fontFamily: "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  headings: { fontWeight: '600' },
  cursorType: 'pointer',
  respectReducedMotion: true,
})

/** The theme with the names of the buttons that components bring along. */
export function themeFor(close: string): MantineThemeOverride {
  return {
    ...theme,
    components: {
      Alert: Alert.extend({ defaultProps: { closeButtonLabel: close } }),
      Menu: Menu.extend({
        defaultProps: {
          withInitialFocusPlaceholder: false,
          // A menu that fades out lies beside the next one, and takes a quick click meant for what is under it.
          transitionProps: { transition: 'fade', duration: 150, exitDuration: 0 },
        },
      }),
      Modal: Modal.extend({ defaultProps: { closeButtonProps: { 'aria-label': close } } }),
      // Its <header> would be a second banner of the page.
      ModalHeader: ModalHeader.extend({ defaultProps: { role: 'presentation' } }),
      Notification: Notification.extend({ defaultProps: { closeButtonProps: { 'aria-label': close } } }),
    },
  }
}

/** Quiet text, errors, warnings and what is on, with the contrast of 4.5:1 that WCAG asks for, on the page and on cards. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#5b6168',
    '--mantine-color-placeholder': '#6a7078',
    '--mantine-color-error': '#b3261e',
    '--mantine-color-red-6': '#b3261e',
    '--mantine-color-red-filled': '#c92a2a',
    '--mantine-color-red-filled-hover': '#b02525',
    '--mantine-color-red-light-color': '#a3211a',
    '--mantine-color-orange-light-color': '#8a3b00',
  },
  dark: {
    // Mantine's own is near black: a tool that is on would look like a hole in the bar.
    '--mantine-color-pine-light': '#2b5244',
    '--mantine-color-pine-light-hover': '#336150',
    '--mantine-color-pine-light-color': '#dcebe3',
    '--mantine-color-gray-light-hover': '#34383e',
    '--mantine-color-dimmed': '#a9aeb5',
    '--mantine-color-placeholder': '#9aa0a8',
    '--mantine-color-error': '#ff9b95',
    '--mantine-color-red-6': '#ff9b95',
    '--mantine-color-red-filled': '#c92a2a',
    '--mantine-color-red-filled-hover': '#b02525',
    '--mantine-color-red-light-color': '#ffb3ad',
    '--mantine-color-orange-light-color': '#ffc078',
  },
})
