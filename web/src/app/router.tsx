import { VisuallyHidden } from '@mantine/core'
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  useLocation,
} from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { FaultPage, LostPage } from './Notice'
import { ReleaseNotice } from './ReleaseNotice'
import { useUnattended } from './useUnattended'

function Root() {
  const { t } = useTranslation()
  useUnattended()
  return (
    <>
      <a className="skip" href="#main" onClick={skip}>
        {t('skip')}
      </a>
      <PageAnnouncement />
      <Outlet />
      <ReleaseNotice />
    </>
  )
}

/**
 * Moves the focus to the text of a document, else to the main part of the page, without touching the address: its
 * fragment may hold a document's link.
 */
function skip(event: React.MouseEvent): void {
  event.preventDefault()
  const text = document.querySelector<HTMLElement>('#main [role=textbox][aria-multiline=true]')
  if (text) return text.focus()
  focus(document.getElementById('main'))
}

function focus(part: HTMLElement | null): void {
  part?.setAttribute('tabindex', '-1')
  part?.focus({ preventScroll: true })
}

/** Says the title of a page that was reached without loading, and takes the keyboard along: nothing else tells of the change. */
function PageAnnouncement() {
  const { pathname } = useLocation()
  const first = useRef(true)
  const [title, setTitle] = useState('')
  useEffect(() => {
    if (first.current) {
      first.current = false
      return
    }
    const timer = setTimeout(() => {
      setTitle(document.title)
      // What had the focus went with the page before: the keyboard goes on from the heading, not from the browser's bar.
      if (document.activeElement === document.body) focus(document.querySelector('h1'))
    }, 500)
    return () => clearTimeout(timer)
  }, [pathname])
  return <VisuallyHidden role="status">{title}</VisuallyHidden>
}

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** The document was made a moment ago. */
    fresh?: boolean
  }
}

const root = createRootRoute({ component: Root, notFoundComponent: LostPage, errorComponent: FaultPage })
const page = (path: string, load: () => Promise<Record<string, unknown>>, name: string) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load as never, name as never) })

export const router = createRouter({
  routeTree: root.addChildren([
    page('/', () => import('../features/documentList/HomePage'), 'HomePage'),
    page('/shared', () => import('../features/documentList/HomePage'), 'SharedPage'),
    page('/trash', () => import('../features/documentList/HomePage'), 'TrashPage'),
    page('/sign-in', () => import('../features/account/SignInPage'), 'SignInPage'),
    page('/set-up', () => import('../features/account/SetUpPage'), 'SetUpPage'),
    page('/invite', () => import('../features/account/InvitePage'), 'InvitePage'),
    page('/account', () => import('../features/account/AccountPage'), 'AccountPage'),
    page('/d/$documentId', () => import('../features/document/DocumentPage'), 'DocumentPage'),
  ]),
})
