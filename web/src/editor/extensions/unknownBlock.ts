import { Node } from '@tiptap/core'

/** A block of a newer release: shown as such, and never removed by opening the document. */
export const UnknownBlock = Node.create({
  name: 'unknownBlock',
  group: 'block',
  atom: true,
  addAttributes: () => ({ name: { default: '' }, json: { default: '' } }),
  parseHTML: () => [{ tag: 'div[data-unknown-block]' }],
  renderHTML: ({ node }) => ['div', { 'data-unknown-block': node.attrs.name }, `[${node.attrs.name}]`],
})
