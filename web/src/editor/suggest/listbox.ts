/** What a typed sign offers: a listbox beside the caret, in plain DOM, driven by the keyboard from the text. */
import type { Editor } from '@tiptap/core'
import type { SuggestionOptions, SuggestionProps } from '@tiptap/suggestion'

export interface Choice {
  label: string
  /** Choices with the same heading stand together under it. */
  group?: string
  /** A sign before the label. */
  sign?: string
}

const HEIGHT = 320
const WIDTH = 260
let made = 0

class Listbox<Item extends Choice> {
  private readonly element = document.createElement('div')
  private readonly text: HTMLElement
  private readonly id = `suggestions-${(made += 1)}`
  private chosen = 0

  constructor(
    private props: SuggestionProps<Item>,
    label: string,
  ) {
    this.text = props.editor.view.dom
    this.element.className = 'suggestions'
    this.element.id = this.id
    this.element.setAttribute('role', 'listbox')
    this.element.setAttribute('aria-label', label)
    document.body.append(this.element)
    this.update(props)
  }

  update(props: SuggestionProps<Item>): void {
    this.props = props
    this.chosen = 0
    this.draw()
    const place = props.clientRect?.()
    if (!place) return
    const below = place.bottom + HEIGHT < window.innerHeight
    this.element.style.left = `${Math.max(8, Math.min(place.left, window.innerWidth - WIDTH - 8))}px`
    this.element.style.top = below ? `${place.bottom + 6}px` : 'auto'
    this.element.style.bottom = below ? 'auto' : `${window.innerHeight - place.top + 6}px`
  }

  private option(item: Item, index: number): HTMLElement {
    const option = document.createElement('div')
    option.id = `${this.id}-${index}`
    option.setAttribute('role', 'option')
    option.setAttribute('aria-selected', String(index === this.chosen))
    option.textContent = item.sign ? `${item.sign} ${item.label}` : item.label
    option.addEventListener('mousedown', (event) => {
      event.preventDefault()
      this.props.command(item)
    })
    return option
  }

  private draw(): void {
    const { items } = this.props
    const parts: HTMLElement[] = []
    let part: HTMLElement | null = null
    items.forEach((item, index) => {
      if (!part || (item.group ?? '') !== part.getAttribute('aria-label')) {
        part = document.createElement('div')
        part.setAttribute('role', 'group')
        part.setAttribute('aria-label', item.group ?? '')
        parts.push(part)
      }
      part.append(this.option(item, index))
    })
    this.element.replaceChildren(...parts)
    this.element.hidden = items.length === 0
    const current = this.element.querySelector('[aria-selected=true]')
    current?.scrollIntoView({ block: 'nearest' })
    if (current) {
      this.text.setAttribute('aria-controls', this.id)
      this.text.setAttribute('aria-activedescendant', current.id)
    } else this.release()
  }

  key(event: KeyboardEvent): boolean {
    const { items } = this.props
    if (items.length === 0) return false
    if (event.key === 'ArrowDown') this.chosen = (this.chosen + 1) % items.length
    else if (event.key === 'ArrowUp') this.chosen = (this.chosen + items.length - 1) % items.length
    else if (event.key === 'Enter' || event.key === 'Tab') {
      const item = items[this.chosen]
      if (item) this.props.command(item)
      return true
    } else return false
    this.draw()
    return true
  }

  private release(): void {
    this.text.removeAttribute('aria-controls')
    this.text.removeAttribute('aria-activedescendant')
  }

  remove(): void {
    this.release()
    this.element.remove()
  }
}

/** What a suggestion wants to show its choices. */
export function showing<Item extends Choice>(label: () => string): NonNullable<SuggestionOptions<Item>['render']> {
  return () => {
    let listbox: Listbox<Item> | null = null
    return {
      onStart: (props) => {
        listbox = new Listbox(props, label())
      },
      onUpdate: (props) => listbox?.update(props),
      onKeyDown: ({ event }) => {
        if (event.key !== 'Escape') return listbox?.key(event) ?? false
        listbox?.remove()
        listbox = null
        return true
      },
      onExit: () => {
        listbox?.remove()
        listbox = null
      },
    }
  }
}

export const outsideCode = ({ editor }: { editor: Editor }): boolean =>
  !editor.state.selection.$from.parent.type.spec.code && !editor.isActive('code')
