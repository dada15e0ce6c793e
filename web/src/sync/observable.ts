/** The smallest observable: a value, and who wants to know of changes. */
export class Observable<T> {
  private listeners = new Set<() => void>()

  constructor(private value: T) {}

  readonly get = (): T => this.value

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  set(value: T): void {
    if (Object.is(value, this.value)) return
    this.value = value
    for (const listener of [...this.listeners]) listener()
  }

  update(part: Partial<T>): void {
    const changed = (Object.keys(part) as (keyof T)[]).some((key) => !Object.is(part[key], this.value[key]))
    if (changed) this.set({ ...this.value, ...part })
  }
}
