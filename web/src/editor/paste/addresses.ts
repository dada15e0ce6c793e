/** Addresses in what is pasted become links, as those that are typed do. */
import { Fragment, Slice, type Node, type Schema } from '@tiptap/pm/model'
import { find } from 'linkifyjs'
import { typedAddress } from '../links'

export function linkAddresses(slice: Slice, schema: Schema): Slice {
  return new Slice(linked(slice.content, schema), slice.openStart, slice.openEnd)
}

function linked(content: Fragment, schema: Schema): Fragment {
  return Fragment.from(
    content.content.flatMap((node) => {
      if (node.isText) return pieces(node, schema)
      return node.type.spec.code ? node : node.copy(linked(node.content, schema))
    }),
  )
}

/** A text in pieces, of which some are links. */
function pieces(node: Node, schema: Schema): Node[] {
  const { link } = schema.marks
  const { text = '', marks } = node
  if (!link || marks.some(({ type }) => type === link || type.spec.code)) return [node]
  const found: Node[] = []
  let done = 0
  for (const { start, end, value } of find(text)) {
    const href = typedAddress(value)
    if (!href) continue
    if (start > done) found.push(node.cut(done, start))
    found.push(node.cut(start, end).mark(link.create({ href }).addToSet(marks)))
    done = end
  }
  if (done < text.length) found.push(node.cut(done))
  return found
}
