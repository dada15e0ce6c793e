/** The event, heard as it bubbles up to the text, that has the block around its target laid out (editor/windowing). */
export const REVEAL = 'reveal'
/** What covers the upper edge of the text, in pixels. */
const COVERED = 120

/**
 * Scrolls to something in the text that is not in sight. At once: what others write ends a scroll under way.
 */
export function bringIntoView(element: Element | null): void {
  element?.dispatchEvent(new Event(REVEAL, { bubbles: true }))
  const seen = element?.closest('.canvas')?.getBoundingClientRect()
  const { top = 0, bottom = 0 } = element?.getBoundingClientRect() ?? {}
  if (!seen || top < seen.top + COVERED || bottom > seen.bottom) element?.scrollIntoView({ block: 'center' })
}
