import { Node } from '@tiptap/core'

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

/** A block of a newer release, or content that stands where it cannot: shown as such with its words, and kept. */
export const UnknownBlock = Node.create({
  name: 'unknownBlock',
  group: 'block',
  atom: true,
  addAttributes: () => ({ name: { default: '' }, json: { default: '' } }),
  // No parseHTML: of a pasted copy the words are taken.
  renderHTML({ node }) {
    const { name, json } = node.attrs as { name: string; json: string }
    const label = name.slice(0, LONGEST_NAME)
    const words = json ? wordsOf(JSON.parse(json) as Kept) : ''
    return ['div', { 'data-unknown-block': label }, `[${label}] ${words}`.trim()]
  },
})
