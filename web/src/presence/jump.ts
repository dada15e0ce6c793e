import { bringIntoView } from '../browser/bringIntoView'

/** Scrolls to where somebody writes, and shows the name there. */
export function jumpTo(client: number): void {
  const caret = document.querySelector(`.caret[data-client="${client}"]`)
  bringIntoView(caret)
  for (const animation of caret?.getAnimations({ subtree: true }) ?? []) {
    animation.cancel()
    animation.play()
  }
}
