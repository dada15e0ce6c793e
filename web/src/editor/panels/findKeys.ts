import { commands } from '../mac'

/** Whether keys lead from one find to the next, or with Shift to the one before. */
export function findsAgain(event: KeyboardEvent): boolean {
  const { key, ctrlKey, metaKey, altKey } = event
  return key === 'F3' ? !ctrlKey && !metaKey && !altKey : commands(event) && key.toLowerCase() === 'g'
}

/** Whether keys ask to find something. */
export function asksToFind(event: KeyboardEvent): boolean {
  const key = event.key.toLowerCase()
  return commands(event) && !event.shiftKey && (key === 'f' || (key === 'h' && event.ctrlKey))
}
