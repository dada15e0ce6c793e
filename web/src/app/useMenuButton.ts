import { useRef, type RefObject } from 'react'

/**
 * The button of a menu whose entries open dialogs. A dialog gives the focus back to what had it before, and an entry is
 * gone by then: `from` puts the focus on the button first.
 */
export function useMenuButton(): {
  button: RefObject<HTMLButtonElement | null>
  from: (open: () => void) => () => void
} {
  const button = useRef<HTMLButtonElement>(null)
  return {
    button,
    from: (open) => () => {
      button.current?.focus()
      open()
    },
  }
}
