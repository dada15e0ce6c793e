/** Plain text as it is: every line a paragraph, empty ones too, in the format of the place. */
import { Fragment, Slice, type ResolvedPos } from '@tiptap/pm/model'

export function plainText(text: string, $context: ResolvedPos): Slice {
  const { schema } = $context.doc.type
  const marks = $context.marks()
  const lines = text.split(/\r\n?|\n/)
  return Slice.maxOpen(
    Fragment.from(lines.map((line) => schema.node('paragraph', null, line ? schema.text(line, marks) : undefined))),
  )
}
