import { DirectionProvider, MantineProvider } from '@mantine/core'
import { ModalsProvider } from '@mantine/modals'
import { Notifications } from '@mantine/notifications'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { useMemo, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { NetworkError, Problem } from '../api/client'
import { direction } from '../i18n'
import { styleNonce } from '../browser/nonce'
import { router } from './router'
import { themeFor, variables } from './theme'

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (count, error) => !(error instanceof Problem) && !(error instanceof NetworkError) && count < 2,
      refetchOnWindowFocus: true,
    },
    // Without a network a change fails at once and says so, instead of waiting unseen.
    mutations: { networkMode: 'always' },
  },
})

// What keeps the page behind a dialog from scrolling looks for it here.
Object.assign(globalThis, { __webpack_nonce__: styleNonce() })

/** The theme speaks the reader's language where components bring buttons along; the direction follows <html dir>. */
function Localised({ children }: { children: ReactNode }) {
  const { t } = useTranslation()
  const theme = useMemo(() => themeFor(t('close')), [t])
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      defaultColorScheme="auto"
      getStyleNonce={styleNonce}
    >
      {children}
    </MantineProvider>
  )
}

export function App() {
  return (
    <DirectionProvider initialDirection={direction(document.documentElement.lang)}>
      <Localised>
        <QueryClientProvider client={queries}>
          <ModalsProvider>
            <Notifications position="bottom-left" />
            <RouterProvider router={router} />
          </ModalsProvider>
        </QueryClientProvider>
      </Localised>
    </DirectionProvider>
  )
}
