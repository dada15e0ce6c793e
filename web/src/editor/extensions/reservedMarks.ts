/** Marks that documents may carry from the first release on; later releases give them a face. */
import { Mark } from '@tiptap/core'

function reserved(name: string, attribute: string, excludes?: string) {
  return Mark.create({
    name,
    inclusive: false,
    ...(excludes === undefined ? {} : { excludes }),
    addAttributes: () => ({ [attribute]: { default: '', rendered: false } }),
    renderHTML: () => ['span', 0],
  })
}

/** The names that a block may carry, as ProseMirror's `marks` wants them. */
export const BLOCK_MARKS = 'comment insertion deletion modification'

export const reservedMarks = [
  // Comments overlap, so one mark of this kind does not replace another.
  reserved('comment', 'thread', ''),
  reserved('insertion', 'id'),
  reserved('deletion', 'id'),
  reserved('modification', 'id'),
]
