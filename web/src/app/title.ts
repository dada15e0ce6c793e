import { useEffect } from 'react'

const APP = 'Quire'

/** Names the page in the browser's tab; while there is no name, the app's own. */
export function useTitle(name: string | undefined): void {
  useEffect(() => {
    document.title = name ? `${name} – ${APP}` : APP
  }, [name])
}
