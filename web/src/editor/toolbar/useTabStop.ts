import { useEffect, type KeyboardEvent, type RefObject } from 'react'
import { sideways } from '../../browser/arrows'

const CONTROLS = 'button:not([aria-hidden]), input:not([type=hidden], [aria-hidden])'

const controlsOf = (bar: HTMLElement) => [...bar.querySelectorAll<HTMLButtonElement | HTMLInputElement>(CONTROLS)]

/** Whether a key has nothing more to do in a field: its words are all selected, or the caret stands at their end. */
function leaves({ readOnly, value, selectionStart, selectionEnd }: HTMLInputElement, key: string): boolean {
  if (readOnly) return true
  if (key !== 'ArrowLeft' && key !== 'ArrowRight') return false
  const all = selectionStart === 0 && selectionEnd === value.length
  return all || (selectionStart === selectionEnd && selectionStart === (key === 'ArrowLeft' ? 0 : value.length))
}

/**
 * Makes a row of controls one stop of the Tab key, at the control that was used last; returns what arrow keys, Home
 * and End do in it (WAI-ARIA Authoring Practices, toolbar pattern).
 */
export function useTabStop(bar: RefObject<HTMLElement | null>): (event: KeyboardEvent) => void {
  useEffect(() => {
    const row = bar.current
    if (!row) return
    const settle = (wanted: Element | null) => {
      const controls = controlsOf(row)
      const usable = controls.filter((control) => !control.disabled)
      const stop =
        usable.find((control) => control === wanted) ?? usable.find(({ tabIndex }) => tabIndex === 0) ?? usable[0]
      for (const control of controls) control.tabIndex = control === stop ? 0 : -1
    }
    const onFocus = ({ target }: FocusEvent) => settle(target as Element)
    // Controls come and go with the width of the screen, and undo is not always there.
    const observer = new MutationObserver(() => settle(document.activeElement))
    observer.observe(row, { childList: true, subtree: true, attributeFilter: ['disabled'] })
    row.addEventListener('focusin', onFocus)
    settle(null)
    return () => {
      observer.disconnect()
      row.removeEventListener('focusin', onFocus)
    }
  }, [bar])
  return (event) => {
    const row = bar.current
    if (!row || (event.target instanceof HTMLInputElement && !leaves(event.target, event.key))) return
    const usable = controlsOf(row).filter((control) => !control.disabled)
    const at = usable.findIndex((control) => control === document.activeElement)
    const aside = sideways(event.key)
    const next = aside ? at + aside + usable.length : { Home: 0, End: usable.length - 1 }[event.key]
    if (next === undefined) return
    usable[next % usable.length]?.focus()
    event.preventDefault()
  }
}
