import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ReleaseNotice } from './ReleaseNotice'

function Root() {
  const { t } = useTranslation()
  return (
    <>
      <a className="skip" href="#main">
        {t('skip')}
      </a>
      <Outlet />
      <ReleaseNotice />
    </>
  )
}

const root = createRootRoute({ component: Root })
const page = (path: string, load: () => Promise<Record<string, unknown>>, name: string) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load as never, name as never) })

export const router = createRouter({
  routeTree: root.addChildren([
    page('/', () => import('../features/documents/HomePage'), 'HomePage'),
    page('/trash', () => import('../features/documents/HomePage'), 'TrashPage'),
    page('/sign-in', () => import('../features/account/SignInPage'), 'SignInPage'),
    page('/set-up', () => import('../features/account/SetUpPage'), 'SetUpPage'),
    page('/invite', () => import('../features/account/InvitePage'), 'InvitePage'),
    page('/account', () => import('../features/account/AccountPage'), 'AccountPage'),
    page('/d/$documentId', () => import('../features/document/DocumentPage'), 'DocumentPage'),
  ]),
})
