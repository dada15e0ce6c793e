/** What is read at the upper edge of the screen stays there while everything above it takes another height. */
export class ReadingPlace {
  /** The block at the edge, and how much of it is above, as a share of its height. */
  private place: { block: Element; above: number } | null = null

  constructor(private readonly text: Element) {}

  /** Notes what of these blocks stands at the upper edge of a screen now. */
  keep(screen: DOMRect, blocks: Iterable<Element>): void {
    for (const block of blocks) {
      const { top, bottom, height } = block.getBoundingClientRect()
      if (bottom <= screen.top || height === 0) continue
      this.place = { block, above: (screen.top - top) / height }
      return
    }
  }

  /** Scrolls to it. */
  returnTo(): void {
    const canvas = this.text.closest('.canvas')
    const { block, above } = this.place ?? {}
    if (!canvas?.scrollTop || !block?.isConnected || above === undefined) return
    const { top, height } = block.getBoundingClientRect()
    canvas.scrollTop += top + above * height - canvas.getBoundingClientRect().top
  }
}
