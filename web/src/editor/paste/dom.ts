/** Small steps on a parsed clipboard: nothing here runs, loads or shows anything. */

const BLOCKS = new Set(
  'address article aside blockquote body center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tbody td tfoot th thead tr ul'.split(
    ' ',
  ),
)

export const isElement = (node: Node | null | undefined): node is HTMLElement => node?.nodeType === 1
export const tag = (element: Element): string => element.tagName.toLowerCase()
export const isBlock = (node: Node | null): boolean => isElement(node) && BLOCKS.has(tag(node))

/** Every element under `root` in document order, as a list that survives changes. */
export const elements = (root: ParentNode, selector = '*'): HTMLElement[] => [
  ...root.querySelectorAll<HTMLElement>(selector),
]

/** Puts the children in the element's place. */
export function unwrap(element: Element): void {
  element.replaceWith(...element.childNodes)
}

/** The same children under another name, without attributes. */
export function rename(element: Element, name: string): HTMLElement {
  const renamed = element.ownerDocument.createElement(name)
  renamed.append(...element.childNodes)
  element.replaceWith(renamed)
  return renamed
}

/** The style attribute as written: browsers drop what they do not know, such as Word's `mso-list`. */
export function declarations(element: Element): Map<string, string> {
  const found = new Map<string, string>()
  for (const part of (element.getAttribute('style') ?? '').split(';')) {
    const colon = part.indexOf(':')
    if (colon > 0) {
      const value = part.slice(colon + 1).replace(/!important/i, '')
      found.set(part.slice(0, colon).trim().toLowerCase(), value.trim())
    }
  }
  return found
}

const UNITS: Record<string, number> = { px: 1, pt: 4 / 3, pc: 16, in: 96, cm: 96 / 2.54, mm: 9.6 / 2.54 }

/** The length in pixels, where it is written in a unit of fixed length or none. */
export function pixels(value: string | null | undefined): number | null {
  const found = /^([\d.]+)(px|pt|pc|in|cm|mm)?$/.exec((value ?? '').trim())
  return found ? Number(found[1]) * (UNITS[found[2] ?? 'px'] ?? 1) : null
}
