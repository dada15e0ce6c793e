import * as Y from 'yjs'

const isThere = (item: Y.Item): boolean => !item.deleted

/**
 * The text before another in the document, whatever stands around either and whatever without a text between them;
 * `counts` says which items are looked at.
 */
export function previousText(text: Y.XmlText, counts = isThere): Y.XmlText | null {
  for (let type: unknown = text; type instanceof Y.XmlText || type instanceof Y.XmlElement; type = type.parent) {
    const found = lastText(type._item?.left ?? null, counts)
    if (found) return found
  }
  return null
}

/** The last text before another that says something. */
export function previousWords(text: Y.XmlText): Y.XmlText | null {
  let before = previousText(text)
  while (before && before.length === 0) before = previousText(before)
  return before
}

/** The last text in an item or in those before it. */
function lastText(last: Y.Item | null, counts: (item: Y.Item) => boolean): Y.XmlText | null {
  for (let item = last; item !== null; item = item.left) {
    if (!(item.content instanceof Y.ContentType) || !counts(item)) continue
    const { type } = item.content
    if (type instanceof Y.XmlText) return type
    const found = type instanceof Y.XmlElement ? lastText(endOf(type), counts) : null
    if (found) return found
  }
  return null
}

function endOf(element: Y.XmlElement): Y.Item | null {
  let end = element._start
  while (end?.right) end = end.right
  return end
}
