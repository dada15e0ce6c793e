/** Scrolls to where somebody writes, and shows the name there. At once: what others write ends a scroll under way. */
export function jumpTo(client: number): void {
  const caret = document.querySelector(`.caret[data-client="${client}"]`)
  caret?.scrollIntoView({ block: 'center' })
  for (const animation of caret?.getAnimations({ subtree: true }) ?? []) {
    animation.cancel()
    animation.play()
  }
}
