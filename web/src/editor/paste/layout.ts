/** What office programs say in styles and the schema has of its own: widths of columns, indents, page breaks. */
import schema from '../schema/schema.json'
import { declarations, elements, isElement, pixels, tag } from './dom'

/** What one press of "increase indent" makes in Word and Google Docs. */
const INDENT = 48
const MOST_INDENT = schema.nodes.paragraph.attributes.indent.most

export function indents(body: HTMLElement): void {
  for (const block of elements(body, 'p, h1, h2, h3, h4, h5, h6')) {
    if (block.closest('li, blockquote')) continue
    const style = declarations(block)
    const side = block.closest('[dir]')?.getAttribute('dir') === 'rtl' ? 'right' : 'left'
    const margin =
      style.get('margin-inline-start') ??
      style.get(`margin-${side}`) ??
      style.get('margin')?.split(/\s+/)[side === 'left' ? 3 : 1]
    const steps = Math.min(MOST_INDENT, Math.round((pixels(margin) ?? 0) / INDENT))
    if (steps > 0) block.setAttribute('data-indent', String(steps))
  }
}

const widthOf = (element: Element) =>
  pixels(declarations(element).get('width')) ?? pixels(element.getAttribute('width'))

/** Every cell with the columns that it covers. */
function cellsOf(table: HTMLTableElement): { cell: HTMLTableCellElement; column: number }[] {
  const found: { cell: HTMLTableCellElement; column: number }[] = []
  /** How many more rows a cell from above takes, by column. */
  const taken: number[] = []
  for (const row of table.rows) {
    let column = 0
    for (const cell of row.cells) {
      while ((taken[column] ?? 0) > 0) column += 1
      found.push({ cell, column })
      for (const end = column + cell.colSpan; column < end; column += 1) taken[column] = cell.rowSpan
    }
    taken.forEach((rows, index) => (taken[index] = Math.max(0, rows - 1)))
  }
  return found
}

export function columnWidths(body: HTMLElement): void {
  for (const table of elements(body, 'table') as HTMLTableElement[]) {
    const widths = elements(table, ':scope > colgroup > col, :scope > col').map(widthOf)
    const cells = cellsOf(table)
    for (const { cell, column } of cells) if (cell.colSpan === 1) widths[column] ??= widthOf(cell)
    for (const { cell, column } of cells) {
      const own = widths.slice(column, column + cell.colSpan).map((width) => Math.round(width ?? 0))
      if (own.length === cell.colSpan && own.every((width) => width >= 10 && width <= 4000))
        cell.setAttribute('colwidth', own.join(','))
    }
    // Below merged cells Word writes a row without height: it only tells the widths.
    for (const row of elements(table, 'tr[height="0"]')) if (!row.textContent?.trim()) row.remove()
  }
}

const CONTAINER = /^(body|div|section|article)$/
const isEmpty = (node: Node | null) =>
  isElement(node) && !node.textContent?.trim() && !node.querySelector('img, hr, br')

/** A break inside a paragraph parts it; a paragraph that is to begin a page gets a break before it. */
export function pageBreaks(body: HTMLElement): void {
  for (const element of elements(body, '[style*="break-before"]')) {
    const style = declarations(element)
    const breakBefore = style.get('page-break-before') ?? style.get('break-before') ?? ''
    if (!/^(always|page)$/i.test(breakBefore) || element.closest('td, th, li')) continue
    const mark = body.ownerDocument.createElement('div')
    mark.setAttribute('data-page-break', '')
    const drawn = tag(element)
    if (!/^[bh]r$/.test(drawn)) {
      element.before(mark)
      continue
    }
    let whole: Element = element
    while (whole.parentElement && !CONTAINER.test(tag(whole.parentElement))) whole = whole.parentElement
    const rest = body.ownerDocument.createRange()
    rest.setStartAfter(element)
    rest.setEndAfter(whole)
    const after = rest.extractContents()
    whole.after(mark, after)
    element.remove()
    for (const part of [whole, mark.nextElementSibling]) if (part && isEmpty(part)) part.remove()
    // Readers of HTML end a paragraph at a rule and leave a half on either side.
    const halves = drawn === 'hr' ? [mark.previousElementSibling, mark.nextElementSibling] : []
    for (const half of halves) if (half && tag(half) === 'p' && isEmpty(half)) half.remove()
  }
}
