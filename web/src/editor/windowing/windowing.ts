/**
 * Of a long document the blocks near the screen and near the caret are laid out, the others only kept in the page. At
 * every key a browser lays out the text that can be edited, and Chromium reads all of it for input methods
 * (WebInputMethodController::TextInputInfo): without this a letter takes longer the longer the document is.
 *
 * A style sheet hides the blocks by their numbers, so that nothing of what ProseMirror watches changes.
 */
import { Extension } from '@tiptap/core'
import { Plugin, type EditorState, type PluginView, type Selection } from '@tiptap/pm/state'
import type { Node } from '@tiptap/pm/model'
import type { EditorView } from '@tiptap/pm/view'
import { REVEAL } from '../../browser/bringIntoView'
import { between, joined, styleFor, type Extent, type Range } from './ranges'
import { ReadingPlace } from './readingPlace'
import { wholeText } from './wholeText'

/** Shorter documents, in blocks, are laid out whole. */
const LONG = 400
/** Heights of the screen that are shown above and below what is seen, and how many are left when more are shown. */
const AHEAD = 2
const LEFT = 0.75
/** Blocks that are shown on both sides of the caret, and how many are left when more are shown. */
const NEAR = 40
const CLOSE = 8
/** A selection of more blocks than these shows all: browsers go by what is laid out when they change a selection. */
const WIDE = 200
/** A width that stays for so long is the new one. */
const SETTLED_MS = 200

declare module '@tiptap/core' {
  interface Commands<ReturnType> {
    windowing: {
      /** Lays long documents out whole from now on, or in part again. */
      toggleWholeText: () => ReturnType
    }
  }
}

/** Whether only a part of this document is ever laid out. */
export function isLaidOutInPart(doc: Node): boolean {
  return doc.childCount >= LONG && !wholeText.on
}

export const Windowing = Extension.create<object, { viewport: Viewport | null }>({
  name: 'windowing',
  addStorage: () => ({ viewport: null }),
  addCommands() {
    return {
      toggleWholeText: () => () => {
        wholeText.toggle()
        this.storage.viewport?.startAnew()
        return true
      },
    }
  },
  addProseMirrorPlugins() {
    return [new Plugin({ view: (view) => (this.storage.viewport = new Viewport(view)) })]
  },
  dispatchTransaction({ transaction, next }) {
    // Before the browser is told: it would look long for a place among what is not laid out.
    if (transaction.selectionSet && !transaction.docChanged) this.storage.viewport?.follow(transaction.selection)
    next(transaction)
  },
})

class Viewport implements PluginView {
  private readonly sheet = new CSSStyleSheet()
  /** As last seen. */
  private readonly extents = new WeakMap<Element, Extent>()
  private readonly changes = new MutationObserver(() => this.renumber())
  /** Stops listening to the page; null for a document that has not been long yet. */
  private unlisten: (() => void) | null = null
  /** The laid out blocks around the screen, the caret and what was to be revealed; null while all are. */
  private shown: (readonly [Element, Element])[] | null = null
  private laidOut = new Set<Element>()
  /** The mean height of a block, in pixels; 0 until it is known. */
  private usual = 0
  private width = 0
  private readonly place: ReadingPlace
  private frame = 0
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly view: EditorView) {
    this.place = new ReadingPlace(view.dom)
    if (isLaidOutInPart(view.state.doc)) this.measureSoon()
  }

  update({ state: { doc, selection } }: EditorView, before: EditorState): void {
    if (!isLaidOutInPart(doc)) this.showAll()
    else if (!this.usual) this.measureSoon()
    else {
      const renumbered = this.changes.takeRecords().length > 0 && this.renumber()
      if (renumbered || !selection.eq(before.selection)) this.follow(selection)
    }
  }

  /** Lays out what is around a selection; it must be one of the document as it is. */
  follow(selection: Selection): void {
    if (!this.usual || !isLaidOutInPart(selection.$from.doc)) return
    if (isWide(selection) || this.isCrossed()) this.showAll()
    else if (!this.shown || !this.isNear(selection)) this.choose(this.ends(selection))
  }

  /** Lays all out, and then what this browser asks for. */
  startAnew(): void {
    this.showAll()
    this.measureSoon()
  }

  destroy(): void {
    this.unlisten?.()
    cancelAnimationFrame(this.frame)
    clearTimeout(this.timer)
  }

  private listen(): () => void {
    const text = this.view.dom
    const resized = new ResizeObserver(() => this.onResize())
    document.adoptedStyleSheets.push(this.sheet)
    this.changes.observe(text, { childList: true })
    resized.observe(text)
    document.addEventListener('scroll', this.onScroll, { capture: true, passive: true })
    window.addEventListener('resize', this.onScroll)
    text.addEventListener(REVEAL, this.onReveal)
    document.addEventListener('selectionchange', this.onSelect)
    return () => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== this.sheet)
      this.changes.disconnect()
      resized.disconnect()
      document.removeEventListener('scroll', this.onScroll, { capture: true })
      window.removeEventListener('resize', this.onScroll)
      text.removeEventListener(REVEAL, this.onReveal)
      document.removeEventListener('selectionchange', this.onSelect)
    }
  }

  /** The browser copies what is selected of the page, and of that only what is laid out. */
  private readonly onSelect = (): void => {
    if (this.isCrossed()) this.showAll()
    else if (!this.shown) this.follow(this.view.state.selection)
  }

  /** Whether the browser's selection reaches into the text from outside: the editor knows nothing of it. */
  private isCrossed(): boolean {
    const text = this.view.dom
    const selected = document.getSelection()
    if (!selected || selected.isCollapsed || selected.rangeCount === 0) return false
    const inside = text.contains(selected.anchorNode) && text.contains(selected.focusNode)
    return !inside && selected.getRangeAt(0).intersectsNode(text)
  }

  private readonly onScroll = (): void => {
    // At another width other words stand here: onResize goes back first.
    if (this.view.dom.clientWidth !== this.width) return
    const screen = this.screen()
    if (!screen) return
    this.fill(screen)
    this.place.keep(screen, this.shown ? this.laidOut : this.view.dom.children)
  }

  /** Lays out more where the screen comes near to the end of what is laid out. */
  private fill(screen = this.screen()): void {
    if (!this.shown || !screen) return
    const { firstElementChild, lastElementChild } = this.view.dom
    const room = LEFT * screen.height
    const filled = this.shown.some(([first, last]) => {
      const above = first === firstElementChild || first.getBoundingClientRect().top <= screen.top - room
      return above && (last === lastElementChild || last.getBoundingClientRect().bottom >= screen.bottom + room)
    })
    if (!filled) this.choose()
  }

  private readonly onReveal = ({ target }: Event): void => {
    let block = target instanceof Element ? target : null
    while (block && block.parentElement !== this.view.dom) block = block.parentElement
    if (block && this.shown && !this.laidOut.has(block)) this.choose([...this.ends(), block])
  }

  /** What others take out or shorten draws up what is not laid out; other widths break lines at other words. */
  private onResize(): void {
    const width = this.view.dom.clientWidth
    const known = this.width > 0
    const turned = width !== this.width
    this.width = width
    if (turned && known) {
      this.place.returnTo()
      clearTimeout(this.timer)
      this.timer = setTimeout(() => this.measureAgain(), SETTLED_MS)
    }
    this.fill()
  }

  /** Every height is new. */
  private measureAgain(): void {
    this.startAnew()
    this.place.returnTo()
  }

  /** Once all blocks have been laid out, which they are at first, their heights are known. */
  private measureSoon(): void {
    cancelAnimationFrame(this.frame)
    this.frame = requestAnimationFrame(() => {
      if (this.view.isDestroyed || !isLaidOutInPart(this.view.state.doc) || this.shown) return
      this.unlisten ??= this.listen()
      const blocks = this.blocks()
      this.measure(blocks)
      this.usual = this.extentsOf(blocks).reduce((sum, { height }) => sum + height, 0) / blocks.length
      this.follow(this.view.state.selection)
    })
  }

  private measure(blocks: Element[]): void {
    let before: HTMLElement | undefined
    for (const block of blocks as HTMLElement[]) {
      const seen = (!this.shown || this.laidOut.has(block)) && block.offsetParent !== null
      if (seen && before) {
        const height = block.offsetTop - before.offsetTop
        this.extents.set(before, { height, below: height - before.offsetHeight })
      }
      before = seen ? block : undefined
    }
    if (!before || before !== this.view.dom.lastElementChild) return
    const below = parseFloat(getComputedStyle(before).marginBottom)
    this.extents.set(before, { height: before.offsetHeight + below, below })
  }

  private showAll(): void {
    if (!this.shown) return
    this.shown = null
    this.laidOut.clear()
    this.sheet.replaceSync('')
  }

  /** Lays out what is around the screen and around some blocks. */
  private choose(around = this.ends()): void {
    const screen = this.screen()
    if (!screen) return
    const blocks = this.blocks()
    this.measure(blocks)
    const text = this.view.dom
    const top = text.getBoundingClientRect().top + parseFloat(getComputedStyle(text).paddingTop)
    const from = screen.top - top
    const ahead = AHEAD * screen.height
    const extents = this.extentsOf(blocks)
    const ranges = [between(extents, from - ahead, from + screen.height + ahead)]
    // Where all is selected, browsers look from the ends of the text for what is laid out, and long.
    ranges.push([0, 0], [blocks.length - 1, blocks.length - 1])
    for (const block of around) {
      const at = blocks.indexOf(block)
      ranges.push([at - NEAR, at + NEAR])
    }
    this.show(joined(ranges, blocks.length), blocks, extents)
  }

  /** The same blocks have other numbers; false if they are no longer there. */
  private renumber(): boolean {
    if (!this.shown) return false
    const blocks = this.blocks()
    const ranges = this.shown.map(([first, last]): Range => [blocks.indexOf(first), blocks.indexOf(last)])
    if (ranges.some(([first, last]) => first < 0 || last < first)) this.choose()
    else this.show(joined(ranges, blocks.length), blocks, this.extentsOf(blocks))
    return true
  }

  private show(ranges: Range[], blocks: Element[], extents: Extent[]): void {
    this.laidOut = new Set(ranges.flatMap(([first, last]) => blocks.slice(first, last + 1)))
    this.shown = ranges.map(([first, last]) => [blocks[first], blocks[last]] as [Element, Element])
    this.sheet.replaceSync(styleFor('.sheet-text', ranges, extents))
    // What this itself moved in the page is no news.
    this.changes.takeRecords()
  }

  /** Whether all blocks around the caret are laid out. */
  private isNear(selection: Selection): boolean {
    return this.ends(selection).every((end) => {
      let [up, down]: (Element | null)[] = [end, end]
      for (let steps = 0; steps <= CLOSE; steps += 1) {
        if ((up && !this.laidOut.has(up)) || (down && !this.laidOut.has(down))) return false
        up = up?.previousElementSibling ?? null
        down = down?.nextElementSibling ?? null
      }
      return true
    })
  }

  /** The blocks with the two ends of the selection. */
  private ends({ $from, $to }: Selection = this.view.state.selection): Element[] {
    const { doc } = this.view.state
    return [$from, $to].flatMap((end) => {
      const index = Math.min(end.index(0), doc.childCount - 1)
      const block = this.view.nodeDOM(doc.resolve(0).posAtIndex(index))
      return block instanceof Element ? [block] : []
    })
  }

  private blocks(): Element[] {
    return [...this.view.dom.children]
  }

  private extentsOf(blocks: Element[]): Extent[] {
    return blocks.map((block) => this.extents.get(block) ?? { height: this.usual, below: 0 })
  }

  private screen(): DOMRect | undefined {
    return this.view.dom.closest('.canvas')?.getBoundingClientRect()
  }
}

function isWide({ $from, $to }: Selection): boolean {
  return $to.index(0) - $from.index(0) > WIDE
}
