/** `/` on a line offers blocks; a listbox that the keyboard drives, in plain DOM. */
import { Extension } from '@tiptap/core'
import Suggestion, { type SuggestionKeyDownProps, type SuggestionProps } from '@tiptap/suggestion'
import i18next from 'i18next'
import { BLOCKS, runAt, type BlockCommand } from '../commands'

function matching(query: string): BlockCommand[] {
  const words = query.toLowerCase()
  return BLOCKS.filter((block) => block.words.includes(words) || i18next.t(block.key).toLowerCase().includes(words))
}

class Listbox {
  private readonly element = document.createElement('div')
  private items: BlockCommand[] = []
  private chosen = 0
  private props: SuggestionProps<BlockCommand>

  constructor(props: SuggestionProps<BlockCommand>) {
    this.props = props
    this.element.className = 'slash-menu'
    this.element.setAttribute('role', 'listbox')
    this.element.setAttribute('aria-label', i18next.t('slash.label'))
    document.body.append(this.element)
    this.update(props)
  }

  update(props: SuggestionProps<BlockCommand>): void {
    this.props = props
    this.items = props.items
    this.chosen = 0
    this.draw()
    const place = props.clientRect?.()
    if (place) {
      const below = place.bottom + 300 < window.innerHeight
      this.element.style.insetInlineStart = `${Math.min(place.left, window.innerWidth - 260)}px`
      this.element.style.top = below ? `${place.bottom + 6}px` : 'auto'
      this.element.style.bottom = below ? 'auto' : `${window.innerHeight - place.top + 6}px`
    }
  }

  private draw(): void {
    this.element.replaceChildren(
      ...this.items.map((item, index) => {
        const option = document.createElement('div')
        option.setAttribute('role', 'option')
        option.setAttribute('aria-selected', String(index === this.chosen))
        option.textContent = i18next.t(item.key)
        option.addEventListener('mousedown', (event) => {
          event.preventDefault()
          this.props.command(item)
        })
        return option
      }),
    )
    this.element.hidden = this.items.length === 0
    this.element.children[this.chosen]?.scrollIntoView({ block: 'nearest' })
  }

  key({ event }: SuggestionKeyDownProps): boolean {
    const count = this.items.length
    if (count === 0) return false
    if (event.key === 'ArrowDown') this.chosen = (this.chosen + 1) % count
    else if (event.key === 'ArrowUp') this.chosen = (this.chosen + count - 1) % count
    else if (event.key === 'Enter' || event.key === 'Tab') {
      const item = this.items[this.chosen]
      if (item) this.props.command(item)
      return true
    } else return false
    this.draw()
    return true
  }

  remove(): void {
    this.element.remove()
  }
}

export const SlashMenu = Extension.create({
  name: 'slashMenu',
  addProseMirrorPlugins() {
    let listbox: Listbox | null = null
    return [
      Suggestion<BlockCommand>({
        editor: this.editor,
        char: '/',
        startOfLine: true,
        allow: ({ state }) => !state.selection.$from.parent.type.spec.code,
        items: ({ query }) => matching(query),
        command: ({ editor, range, props }) => runAt(editor, range, props),
        render: () => ({
          onStart: (props) => {
            listbox = new Listbox(props)
          },
          onUpdate: (props) => listbox?.update(props),
          onKeyDown: (props) => {
            if (props.event.key === 'Escape') {
              listbox?.remove()
              return true
            }
            return listbox?.key(props) ?? false
          },
          onExit: () => {
            listbox?.remove()
            listbox = null
          },
        }),
      }),
    ]
  },
})
