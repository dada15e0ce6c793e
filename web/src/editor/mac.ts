/** Whether this is a Mac, where ⌘ commands, and Ctrl moves the caret and erases as in a terminal. */
export const MAC = navigator.platform.startsWith('Mac')

/** Whether the key that commands is held, and no other that changes what it means. */
export function commands({ ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  return !altKey && (MAC ? metaKey && !ctrlKey : ctrlKey || metaKey)
}
