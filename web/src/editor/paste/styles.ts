/** Turns style attributes into the elements that mean the same, and forgets the rest. */
import { isColor } from '../schema/color'
import { declarations, elements, isBlock, rename, tag, unwrap } from './dom'
import { chosenFont, type Usual } from './fonts'

/** Whose styles are somebody's own formatting; a web page's are the look of that page. */
export type Origin = 'office' | 'page'

const SEMANTIC: Record<string, string> = {
  b: 'strong',
  i: 'em',
  cite: 'em',
  dfn: 'em',
  var: 'em',
  ins: 'u',
  del: 's',
  strike: 's',
  kbd: 'code',
  samp: 'code',
  tt: 'code',
}
const INLINE = 'span, font, strong, em, u, s, sub, sup, mark, code, small, big, abbr, time, q, label, bdi, bdo'

/** Colours that every program writes on ordinary text and paper. */
const ORDINARY =
  /^(auto|windowtext|currentcolor|inherit|initial|unset|none|transparent|black|white|#0{3}|#0{6}|#f{3}|#f{6}|rgba?\((0, ?0, ?0|255, ?255, ?255).*\)|rgba\(.*, ?0\))$/i

/** A colour that somebody chose; null for one that is every text's. */
export function personal(color: string | undefined): string | null {
  return color && isColor(color) && !ORDINARY.test(color) ? color : null
}

function negated(element: HTMLElement, style: Map<string, string>): boolean {
  const weight = style.get('font-weight')
  if (tag(element) === 'strong') return weight === 'normal' || Number(weight) < 600
  if (tag(element) === 'em') return style.get('font-style') === 'normal'
  return tag(element) === 'u' && style.get('text-decoration') === 'none'
}

/** What a style says that the schema can hold, as element names from the outside in. */
function meaning(element: HTMLElement, style: Map<string, string>, origin: Origin, usual: Usual): [string, string?][] {
  const wanted: [string, string?][] = []
  const weight = style.get('font-weight') ?? ''
  const inHeading = element.closest('h1, h2, h3, h4, h5, h6') !== null
  const inLink = element.closest('a') !== null
  if ((/^bold/.test(weight) || Number(weight) >= 600) && !inHeading) wanted.push(['strong'])
  if (/^(italic|oblique)/.test(style.get('font-style') ?? '')) wanted.push(['em'])
  const lines = `${style.get('text-decoration') ?? ''} ${style.get('text-decoration-line') ?? ''}`
  if (lines.includes('underline') && !inLink) wanted.push(['u'])
  if (lines.includes('line-through')) wanted.push(['s'])
  const raised = style.get('vertical-align')
  if (raised === 'sub' || raised === 'super') wanted.push([raised === 'sub' ? 'sub' : 'sup'])
  if (origin === 'office') {
    const color = personal(style.get('color') ?? element.getAttribute('color') ?? undefined)
    const look = color && !inLink ? [`color: ${color}`] : []
    // Headings, small raised letters and code have sizes of their own.
    const own = inHeading || raised === 'sub' || raised === 'super' || element.closest('sub, sup, pre, code') !== null
    if (!own) look.push(...chosenFont(style, element.getAttribute('face'), usual))
    if (look.length > 0) wanted.push(['span', look.join('; ')])
    const marker = personal(style.get('mso-highlight') ?? style.get('background-color') ?? style.get('background'))
    if (marker && !isBlock(element)) wanted.push(['mark', `background-color: ${marker}`])
  }
  return wanted
}

function wrapContents(element: HTMLElement, wanted: [string, string?][]): void {
  for (const [name, style] of wanted.reverse()) {
    const wrapper = element.ownerDocument.createElement(name)
    if (style) wrapper.setAttribute('style', style)
    wrapper.append(...element.childNodes)
    element.append(wrapper)
  }
}

/** What a writing program marks as deleted is not text any more, and what it marks as new is ordinary text. */
export function acceptTrackedChanges(body: HTMLElement): void {
  for (const deleted of elements(body, 'del')) deleted.remove()
  for (const inserted of elements(body, 'ins')) unwrap(inserted)
}

export function stylesToElements(body: HTMLElement, origin: Origin, usual: Usual): void {
  for (const [from, to] of Object.entries(SEMANTIC)) {
    for (const element of elements(body, from)) {
      const style = element.getAttribute('style')
      const renamed = rename(element, to)
      if (style) renamed.setAttribute('style', style)
    }
  }
  for (const element of elements(body, INLINE)) {
    const style = declarations(element)
    wrapContents(element, meaning(element, style, origin, usual))
    const keeps = /^(strong|em|u|s|sub|sup|mark|code)$/.test(tag(element)) && !negated(element, style)
    if (keeps) element.removeAttribute('style')
    else unwrap(element)
  }
  for (const block of elements(body, 'p, li, td, th, div, h1, h2, h3, h4, h5, h6')) {
    if (![...block.children].some(isBlock) && block.hasChildNodes()) {
      const inner = meaning(block, declarations(block), origin, usual).filter(
        ([name]) => name !== 'sub' && name !== 'sup',
      )
      wrapContents(block, inner)
    }
  }
}
