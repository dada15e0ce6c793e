/** Resolves when something is done, or after so many milliseconds. */
export function inTime(done: Promise<unknown>, most: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, most)
    void done.finally(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
