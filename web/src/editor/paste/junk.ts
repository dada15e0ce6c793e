/** Takes out what is never text: scripts, styles, comments, form controls, hidden parts. */
import { declarations, elements, isElement, tag, unwrap } from './dom'

const NEVER =
  'script, style, meta, link, title, base, iframe, frame, object, embed, applet, svg, math, canvas, video, audio, ' +
  'source, track, button, select, textarea, input:not([type=checkbox]), noscript, template, xml, map, dialog'

/** A colon marks Office's own elements: `o:p`, `v:shape`, `w:sdt`. Their text is kept, shapes have none. */
const isOffice = (element: Element) => tag(element).includes(':')

function isHidden(element: HTMLElement): boolean {
  const style = declarations(element)
  return (
    element.hidden ||
    style.get('display') === 'none' ||
    style.get('visibility') === 'hidden' ||
    style.get('mso-hide') === 'all' ||
    style.get('mso-element') === 'comment-list' ||
    element.classList.contains('MsoCommentReference')
  )
}

export function removeJunk(body: HTMLElement): void {
  const walker = body.ownerDocument.createTreeWalker(body, 128 /* comments */)
  const comments: Node[] = []
  while (walker.nextNode()) comments.push(walker.currentNode)
  for (const comment of comments) comment.parentNode?.removeChild(comment)
  for (const element of elements(body, NEVER)) element.remove()
  for (const element of elements(body)) {
    if (!body.contains(element)) continue
    if (isHidden(element)) element.remove()
    else if (isOffice(element)) unwrap(element)
  }
  for (const end of elements(body, 'br.Apple-interchange-newline, span.EOP')) end.remove()
  for (const spaces of elements(body, 'span')) {
    if (declarations(spaces).get('mso-spacerun') === 'yes' || spaces.className === 'Apple-converted-space') {
      spaces.replaceWith(' ')
    }
  }
}

/** Blank lines that programs write as a `br` between blocks, or as a paragraph with one hard space. */
export function blankLines(body: HTMLElement): void {
  for (const line of elements(body, 'br')) {
    const before = line.previousSibling
    const alone = [before, line.nextSibling].every(
      (node) =>
        !node ||
        (isElement(node) ? /^(p|h[1-6]|ul|ol|table|div|blockquote|hr)$/.test(tag(node)) : !node.nodeValue?.trim()),
    )
    const parent = line.parentElement
    if (alone && parent && /^(body|div|section|article)$/.test(tag(parent)) && parent.childElementCount > 1) {
      line.replaceWith(body.ownerDocument.createElement('p'))
    }
  }
  for (const paragraph of elements(body, 'p')) {
    if (paragraph.textContent?.replace(/\u00a0/g, '').trim() === '' && !paragraph.querySelector('img')) {
      paragraph.replaceChildren()
    }
  }
}
