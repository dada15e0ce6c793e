import { notifications } from '@mantine/notifications'

/** Until what is said is seen. */
const NOTICED_MS = 100

/** Says something for as long as a work lasts during which the page stands still. */
export function sayFirst(message: string, work: () => void): void {
  const notice = notifications.show({ loading: true, autoClose: false, message })
  setTimeout(() => {
    try {
      work()
    } finally {
      notifications.hide(notice)
    }
  }, NOTICED_MS)
}
