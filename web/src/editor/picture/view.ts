/** A picture in the text: the image with handles at its corners, or a note why there is none to see. */
import type { Node } from '@tiptap/pm/model'
import type { EditorView, NodeView } from '@tiptap/pm/view'
import i18next from 'i18next'
import { CONNECTED } from '../../browser/events'
import { holdLine } from '../extensions/steady'
import { safeAddress } from '../links'
import type { Addresses } from './address'
import { LEAST_WIDTH, setWidth } from './resize'
import type { Uploads } from './uploads'

/** When what could not be fetched is asked for again. */
const BACK = [CONNECTED, 'online']

function loaded(image: HTMLImageElement): Promise<void> {
  return new Promise((resolve, reject) => {
    image.addEventListener('load', () => resolve())
    image.addEventListener('error', () => reject(new Error('no picture')))
  })
}

export class PictureView implements NodeView {
  readonly dom = document.createElement('figure')
  private readonly frame = document.createElement('span')
  private image = document.createElement('img')
  private readonly note = document.createElement('span')
  /** The picture that is shown, or on its way. */
  private shown = ''
  private unwatch: (() => void) | undefined

  constructor(
    private node: Node,
    private readonly view: EditorView,
    private readonly position: () => number | undefined,
    private readonly addresses: Addresses,
    private readonly uploads: Uploads | null,
  ) {
    this.dom.className = 'picture'
    this.frame.className = 'picture-frame'
    this.note.className = 'picture-note'
    this.image.draggable = false
    const corners = (['top', 'bottom'] as const).flatMap((end) => [this.handle(end, 'left'), this.handle(end, 'right')])
    this.frame.append(this.image, ...corners)
    this.dom.append(this.frame, this.note)
    this.draw()
  }

  private handle(end: 'top' | 'bottom', side: 'left' | 'right'): HTMLElement {
    const handle = document.createElement('span')
    handle.className = 'picture-handle'
    handle.dataset.end = end
    handle.dataset.side = side
    handle.addEventListener('pointerdown', (event) => this.drag(event, handle, side === 'right' ? 1 : -1))
    return handle
  }

  private drag(event: PointerEvent, handle: HTMLElement, direction: 1 | -1): void {
    event.preventDefault()
    event.stopPropagation()
    const start = { x: event.clientX, width: this.image.clientWidth }
    // A picture in the middle grows to both sides, so its corner follows the pointer at twice the change.
    const reach = this.node.attrs.align === 'center' ? 2 : 1
    let width = start.width
    handle.setPointerCapture(event.pointerId)
    const move = (moved: PointerEvent) => {
      width = Math.max(LEAST_WIDTH, start.width + (moved.clientX - start.x) * direction * reach)
      this.frame.style.width = `${width}px`
    }
    const giveUp = (pressed: KeyboardEvent) => {
      if (pressed.key !== 'Escape') return
      pressed.stopPropagation()
      end(pressed)
    }
    const end = (ended: Event) => {
      handle.removeEventListener('pointermove', move)
      handle.removeEventListener('pointerup', end)
      handle.removeEventListener('pointercancel', end)
      removeEventListener('keydown', giveUp, true)
      const position = this.position()
      if (ended.type === 'pointerup' && position !== undefined && width !== start.width) {
        setWidth(this.view, position, width)
      }
      this.draw()
    }
    handle.addEventListener('pointermove', move)
    handle.addEventListener('pointerup', end)
    handle.addEventListener('pointercancel', end)
    addEventListener('keydown', giveUp, true)
  }

  private draw(): void {
    const { id, src, alt, title, width, align } = this.node.attrs as Record<string, string | null>
    this.dom.dataset.align = align ?? 'center'
    this.frame.style.width = width ? `${width}px` : ''
    Object.assign(this.image, { alt: alt ?? '', title: title ?? '' })
    const waits = src === ''
    const shown = waits ? (this.uploads?.preview(id) ?? '') : (src ?? '')
    this.dom.toggleAttribute('data-waiting', waits)
    if (waits) this.unwatch ??= this.uploads?.watch(() => this.draw())
    else this.stopWatching()
    if (shown.startsWith('/') || shown.startsWith('blob:')) {
      this.note.hidden = true
      this.frame.hidden = false
      void this.show(shown)
    } else if (shown === '') {
      this.explain(i18next.t(this.uploads?.isUnderway(id) ? 'picture.waiting' : 'picture.missing'))
    } else this.remote(shown)
  }

  private async show(src: string): Promise<void> {
    if (src === this.shown) return
    this.shown = src
    try {
      const address = src.startsWith('blob:') ? src : await this.addresses.of(src)
      const image = document.createElement('img')
      image.src = address
      // What is here already, or was just put in, is to be seen where it is put in.
      const atOnce = image.complete || src.startsWith('blob:')
      if (!image.complete) await loaded(image)
      if (this.shown !== src) return
      if (atOnce) this.put(image)
      else holdLine(this.view, () => this.put(image))
    } catch {
      if (this.shown !== src) return
      // Drawn again, it is asked for again: at the latest when there is a network.
      this.shown = ''
      this.explain(i18next.t('picture.broken'))
      for (const event of BACK) window.addEventListener(event, this.again)
    }
  }

  private readonly again = (): void => {
    this.stopRetrying()
    this.draw()
  }

  private stopRetrying(): void {
    for (const event of BACK) window.removeEventListener(event, this.again)
  }

  private put(image: HTMLImageElement): void {
    const { alt, title } = this.image
    this.image.replaceWith(Object.assign(image, { alt, title, draggable: false }))
    this.image = image
  }

  private explain(text: string): void {
    this.frame.hidden = true
    this.note.hidden = false
    this.note.textContent = this.image.alt ? `${text} (${this.image.alt})` : text
  }

  /** Fetching it would tell another server who reads this; the address is offered instead. */
  private remote(address: string): void {
    this.explain(i18next.t('picture.remote'))
    const safe = safeAddress(address)
    if (!safe) return
    const link = document.createElement('a')
    link.href = safe
    link.target = '_blank'
    link.rel = 'noopener noreferrer'
    link.textContent = safe
    this.note.append(' ', link)
  }

  update(node: Node): boolean {
    if (node.type !== this.node.type) return false
    this.node = node
    this.draw()
    return true
  }

  private stopWatching(): void {
    this.unwatch?.()
    this.unwatch = undefined
  }

  destroy(): void {
    this.stopWatching()
    this.stopRetrying()
  }

  stopEvent(event: Event): boolean {
    return event.target instanceof HTMLElement && event.target.className === 'picture-handle'
  }

  ignoreMutation(): boolean {
    return true
  }
}
