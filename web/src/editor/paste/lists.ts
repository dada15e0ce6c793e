/** Lists as the schema wants them, from the flat and the broken lists that programs write. */
import { declarations, elements, isElement, tag, unwrap } from './dom'

interface Item {
  level: number
  ordered: boolean
  start: number
  content: Node[]
}

const BULLET = /^[·•▪§◦‣●○■□➢✓oØüv–—-]$/

/** Word's paragraph that is a list item in its style only: `mso-list: l0 level2 lfo1`. */
function wordItem(element: Element): Item | null {
  const list = /level(\d+)/.exec(declarations(element).get('mso-list') ?? '')
  if (tag(element) !== 'p' || !list) return null
  const marker = elements(element, 'span').find(
    (span) => declarations(span).get('mso-list')?.toLowerCase() === 'ignore',
  )
  const drawn = marker?.textContent?.replace(/[\s\u00a0]+/g, '') ?? ''
  marker?.remove()
  return {
    level: Number(list[1]),
    ordered: drawn !== '' && !BULLET.test(drawn),
    start: Number(/^\d+/.exec(drawn)?.[0] ?? 1),
    content: [...element.childNodes],
  }
}

/** Word online's item: a list of its own for every item, the depth in an attribute. */
function onlineItem(element: Element): Item | null {
  const list =
    tag(element) === 'div' && element.className.includes('ListContainerWrapper') ? element.firstElementChild : null
  const item = list?.firstElementChild
  if (!list || !item || !/^[uo]l$/.test(tag(list))) return null
  return {
    level: Number(item.getAttribute('data-aria-level') ?? item.getAttribute('aria-level') ?? 1),
    ordered: tag(list) === 'ol',
    start: Number(list.getAttribute('start') ?? 1),
    content: [...item.childNodes],
  }
}

function build(items: Item[], page: Document): HTMLElement[] {
  const roots: HTMLElement[] = []
  const open: { level: number; list: HTMLElement }[] = []
  for (const item of items) {
    while (open.length > 1 && (open.at(-1)?.level ?? 0) > item.level) open.pop()
    let last = open.at(-1)
    const name = item.ordered ? 'ol' : 'ul'
    if (!last || item.level > last.level || tag(last.list) !== name) {
      const list = page.createElement(name)
      if (item.start > 1) list.setAttribute('start', String(item.start))
      if (last && item.level > last.level) last.list.lastElementChild?.append(list)
      else {
        open.pop()
        const outer = open.at(-1)
        if (outer) outer.list.lastElementChild?.append(list)
        else roots.push(list)
      }
      last = { level: item.level, list }
      open.push(last)
    }
    const element = page.createElement('li')
    element.append(...item.content)
    last.list.append(element)
  }
  return roots
}

/** Runs of such items, side by side, become lists. */
function flatLists(body: HTMLElement): void {
  for (const first of elements(body, 'p, div.ListContainerWrapper')) {
    if (!body.contains(first)) continue
    const items: Item[] = []
    const taken: Element[] = []
    let next: Element | null = first
    while (next) {
      const item: Item | null = wordItem(next) ?? onlineItem(next)
      if (!item) break
      items.push(item)
      taken.push(next)
      next = next.nextElementSibling
    }
    if (items.length === 0) continue
    first.before(...build(items, body.ownerDocument))
    for (const element of taken) element.remove()
  }
}

/** A list straight inside a list belongs to the item before it; text straight inside a list is an item. */
function nested(body: HTMLElement): void {
  for (const list of elements(body, 'ul, ol, menu, dir')) {
    for (const child of [...list.childNodes]) {
      if (isElement(child) && tag(child) === 'li') continue
      if (!isElement(child) && !child.nodeValue?.trim()) {
        child.remove()
        continue
      }
      const before = child.previousSibling
      const item = before && isElement(before) ? before : list.ownerDocument.createElement('li')
      if (item !== before) list.insertBefore(item, child)
      item.append(child)
    }
    if (!list.hasChildNodes()) list.remove()
  }
}

const BOX = ':scope > input, :scope > p:first-child > input, :scope > label > input'

/** Whether the item is a task, and ticked; null if it is none. Google Docs says so by role, beside a drawn box. */
function ticked(item: Element): boolean | null {
  if (item.getAttribute('role') === 'checkbox') return item.getAttribute('aria-checked') === 'true'
  return item.querySelector(BOX)?.hasAttribute('checked') ?? null
}

/** The box is drawn, and the words struck, because of the tick: here the list does both itself. */
function undrawn(item: Element): void {
  for (const drawn of elements(item, ':scope > img')) drawn.remove()
  if (ticked(item)) {
    for (const struck of elements(item, '[style*="line-through"]')) {
      if (struck.closest('li') !== item) continue
      struck.setAttribute('style', (struck.getAttribute('style') ?? '').replaceAll('line-through', 'none'))
    }
  }
}

/** An item that starts with a checkbox is a task. A list of both is cut where one kind ends. */
function tasks(body: HTMLElement): void {
  for (const list of elements(body, 'ul, ol')) {
    const items = [...list.children]
    if (!items.some((item) => ticked(item) !== null)) continue
    let part: HTMLElement | null = null
    for (const item of items) {
      const tick = ticked(item)
      const name = tick === null ? tag(list) : 'ul'
      if (!part || part.hasAttribute('data-type') !== (tick !== null)) {
        part = body.ownerDocument.createElement(name)
        if (tick !== null) part.setAttribute('data-type', 'taskList')
        list.before(part)
      }
      if (tick !== null) {
        item.setAttribute('data-type', 'taskItem')
        item.setAttribute('data-checked', String(tick))
        if (item.getAttribute('role') === 'checkbox') undrawn(item)
      }
      part.append(item)
    }
    list.remove()
  }
  for (const box of elements(body, 'input')) box.remove()
  for (const label of elements(body, 'label')) unwrap(label)
}

export function lists(body: HTMLElement): void {
  flatLists(body)
  nested(body)
  tasks(body)
}
