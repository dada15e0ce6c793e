import { Node } from '@tiptap/core'
import type { Node as Block } from '@tiptap/pm/model'

const LONGEST_NAME = 40

/** What the binding keeps of a type that the editor has no place for (web/patches). */
interface Kept {
  text?: { insert: string | Kept }[]
  content?: Kept[]
}

function wordsOf({ text = [], content = [] }: Kept): string {
  const words = text.map(({ insert }) => (typeof insert === 'string' ? insert : wordsOf(insert)))
  return [...words, ...content.map(wordsOf)].filter(Boolean).join(' ')
}

/** The words of such a block. */
export function unknownWords({ attrs }: Block): string {
  const json = attrs.json as string
  return json ? wordsOf(JSON.parse(json) as Kept) : ''
}

/** A block of a newer release, or content that stands where it cannot: shown as such with its words, and kept. */
export const UnknownBlock = Node.create({
  name: 'unknownBlock',
  group: 'block',
  atom: true,
  addAttributes: () => ({ name: { default: '' }, json: { default: '' } }),
  // No parseHTML: of a pasted copy the words are taken.
  renderHTML({ node }) {
    const label = (node.attrs.name as string).slice(0, LONGEST_NAME)
    return ['div', { 'data-unknown-block': label }, `[${label}] ${unknownWords(node)}`.trim()]
  },
})
