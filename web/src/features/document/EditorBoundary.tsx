import { Alert, Button } from '@mantine/core'
import i18next from 'i18next'
import { Component, type ReactNode } from 'react'

/** Keeps a fault of the editor from taking the page along; the text is in the local copy and on the server. */
export class EditorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true }
  }

  override render() {
    if (!this.state.failed) return this.props.children
    return (
      <Alert color="red" m="xl" title={i18next.t('crash.title')} role="alert">
        <p>{i18next.t('crash.text')}</p>
        <Button onClick={() => location.reload()}>{i18next.t('release.reload')}</Button>
      </Alert>
    )
  }
}
