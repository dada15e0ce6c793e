import type { Node } from '@tiptap/pm/model'
import { cutTitle } from './cutTitle'

/** The words of the first heading; nothing when there is none. */
export function firstHeading(doc: Node): string {
  for (const block of doc.children) {
    const words = block.type.name === 'heading' ? block.textContent.replace(/\s+/g, ' ').trim() : ''
    if (words) return cutTitle(words)
  }
  return ''
}
