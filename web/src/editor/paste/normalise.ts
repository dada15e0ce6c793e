/** Pasted HTML, cleaned to what the schema holds: structure and meaning stay, looks and everything active go. */
import { LEAST_SIDE, MOST_ALT, MOST_INSERTED, MOST_SIDE } from '../limits'
import { safeAddress } from '../links'
import { declarations, elements, rename, tag, unwrap } from './dom'
import { usualIn } from './fonts'
import { blankLines, removeJunk } from './junk'
import { columnWidths, indents, pageBreaks } from './layout'
import { lists } from './lists'
import { pictures, type PastedPicture, type PictureOptions } from './pictures'
import { acceptTrackedChanges, personal, stylesToElements, type Origin } from './styles'

export interface Pasted {
  html: string
  pictures: PastedPicture[]
}

/** More than this is refused as a whole: half a paste would look like all of it. */
const MOST_ELEMENTS = 100_000
const DEEPEST = 24

export class TooMuchPasted extends Error {}

/** Attributes that mean something to the schema, by element; everything else goes. */
const KEPT: Record<string, (value: string, element: Element) => string | null> = {
  'a href': safeAddress,
  'img src': (value) => value,
  'img alt': (value) => value.slice(0, MOST_ALT),
  'img width': size,
  'img height': size,
  'img data-id': (value) => value,
  'img data-align': (value) => value,
  'ol start': (value) => (/^\d{1,6}$/.test(value) && value !== '1' ? value : null),
  'ul data-type': (value) => (value === 'taskList' ? value : null),
  'li data-type': (value) => (value === 'taskItem' ? value : null),
  'li data-checked': (value) => value,
  'td colspan': (value) => span(value, 100),
  'th colspan': (value) => span(value, 100),
  'td rowspan': rowspan,
  'th rowspan': rowspan,
  'td colwidth': (value) => (/^\d{1,4}(,\d{1,4})*$/.test(value) ? value : null),
  'th colwidth': (value) => (/^\d{1,4}(,\d{1,4})*$/.test(value) ? value : null),
  'code class': (value) => /(^|\s)language-[\w+#.-]{1,40}/.exec(value)?.[0].trim() ?? null,
  'div data-page-break': () => '',
  ...Object.fromEntries(
    ['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((name) => [
      `${name} data-indent`,
      (value: string) => (/^[1-9]$/.test(value) ? value : null),
    ]),
  ),
}

function size(value: string): string | null {
  const number = Math.round(Number(value))
  return number >= LEAST_SIDE && number <= MOST_SIDE ? String(number) : null
}

function span(value: string, most: number): string | null {
  const number = Math.min(Number(value), most)
  return number > 1 ? String(Math.floor(number)) : null
}

/** A cell reaches no further than its table. */
function rowspan(value: string, cell: Element): string | null {
  const row = cell.closest('tr')
  let below = 1
  for (let next = row?.nextElementSibling; next; next = next.nextElementSibling) below += 1
  return span(value, below)
}

function blockStyle(element: Element, origin: Origin | 'own'): string {
  const style = declarations(element)
  const wanted: string[] = []
  const align = style.get('text-align') ?? element.getAttribute('align') ?? (element.closest('center') ? 'center' : '')
  if (/^(p|h[1-6])$/.test(tag(element)) && /^(center|right|justify)$/i.test(align)) {
    wanted.push(`text-align: ${align.toLowerCase()}`)
  }
  if (/^t[dh]$/.test(tag(element)) && origin !== 'page') {
    const color = personal(
      style.get('background-color') ?? style.get('background') ?? element.getAttribute('bgcolor') ?? undefined,
    )
    if (color) wanted.push(`background-color: ${color}`)
  }
  if (origin === 'own') {
    for (const name of ['color', 'font-family', 'font-size', 'line-height', 'background-color']) {
      const value = style.get(name)
      if (value && /^[\w#(),.%\s'"-]{1,100}$/.test(value)) wanted.push(`${name}: ${value}`)
    }
  }
  return wanted.join('; ')
}

function attributes(body: HTMLElement, origin: Origin | 'own'): void {
  for (const element of elements(body)) {
    // Styles that were made on the way here are on these two only.
    const made = /^(span|mark)$/.test(tag(element)) && origin !== 'own'
    const style = made ? element.getAttribute('style') : blockStyle(element, origin)
    const rightToLeft = element.getAttribute('dir') === 'rtl'
    for (const { name, value } of [...element.attributes]) {
      const kept = KEPT[`${tag(element)} ${name}`]?.(value, element) ?? null
      if (name === 'data-pm-slice' && origin === 'own') continue
      // Footnotes and tables of contents lead to places that stayed behind.
      const elsewhere = name === 'href' && origin !== 'own' && value.trim().startsWith('#')
      if (kept === null || elsewhere) element.removeAttribute(name)
      else element.setAttribute(name, kept)
    }
    if (style) element.setAttribute('style', style)
    if (rightToLeft) element.setAttribute('dir', 'rtl')
  }
  for (const link of elements(body, 'a:not([href])')) unwrap(link)
}

/** Google writes the whole clipboard into a bold element that is not bold. */
function googleWrapper(body: HTMLElement): void {
  for (const wrapper of elements(body, '[id^="docs-internal-guid-"]')) unwrap(wrapper)
}

/** Word's named styles that are headings and quotes, and Word online's paragraphs that say so in their role. */
function namedStyles(body: HTMLElement): void {
  for (const paragraph of elements(body, 'p')) {
    const name = paragraph.className
    const level = paragraph.getAttribute('role') === 'heading' ? Number(paragraph.getAttribute('aria-level')) : 0
    if (/\bMsoTitle\b/.test(name)) rename(paragraph, 'h1')
    else if (level >= 1) rename(paragraph, `h${Math.min(6, level)}`)
    else if (/\bMso(Intense)?Quote\b/.test(name)) {
      const quote = body.ownerDocument.createElement('blockquote')
      paragraph.replaceWith(quote)
      quote.append(paragraph)
    }
  }
}

/** The line break that ends a code block is how it is written, not an empty last line. */
function codeEnds(body: HTMLElement): void {
  for (const block of elements(body, 'pre')) {
    const last = body.ownerDocument.createTreeWalker(block, 4 /* text */)
    while (last.nextNode());
    if (last.currentNode.nodeType === 3)
      last.currentNode.nodeValue = last.currentNode.nodeValue?.replace(/\n$/, '') ?? ''
  }
}

function flatten(body: HTMLElement): void {
  for (const element of elements(body, 'blockquote, ul, ol, table')) {
    let depth = 0
    for (let up = element.parentElement; up; up = up.parentElement)
      if (/^(blockquote|ul|ol|table)$/.test(tag(up))) depth += 1
    if (depth > DEEPEST) rename(element, 'div')
  }
}

function originOf(html: string, body: HTMLElement): Origin | 'own' {
  if (body.querySelector('[data-pm-slice]')) return 'own'
  const office =
    /docs-internal-guid-|google-sheets-html-origin|urn:schemas-microsoft-com:office|class="?Mso|mso-|name="?generator"? content="(LibreOffice|OpenOffice)|class="[^"]*(TextRun|OutlineElement)/i
  return office.test(html) ? 'office' : 'page'
}

export function normalise(html: string, options: PictureOptions): Pasted {
  const body = new DOMParser().parseFromString(html, 'text/html').body
  const origin = originOf(html, body)
  if (origin !== 'own') googleWrapper(body)
  if (origin === 'office') pageBreaks(body)
  removeJunk(body)
  if (elements(body).length > MOST_ELEMENTS || (body.textContent ?? '').length > MOST_INSERTED)
    throw new TooMuchPasted()
  if (origin !== 'own') {
    namedStyles(body)
    lists(body)
    if (origin === 'office') {
      acceptTrackedChanges(body)
      indents(body)
      columnWidths(body)
    }
    stylesToElements(body, origin, usualIn(html))
    blankLines(body)
    codeEnds(body)
  }
  flatten(body)
  const held = pictures(body, options)
  attributes(body, origin)
  return { html: body.innerHTML, pictures: held }
}
