/** The font and size of text: what its marks say, else what editor.css and code/code.css draw. */
import type { Mark, Node } from '@tiptap/pm/model'
import type { EditorState } from '@tiptap/pm/state'

export const DEFAULT_FONT = 'Arial'
/** In points, by the level of a heading. */
const HEADINGS = [0, 26, 18, 14, 12, 11, 10]
const TEXT = 11.5
const CODE_BLOCK = 10
/** Of the size of the text around it. */
const CODE = 0.92
const POINTS: Record<string, number> = { pt: 1, px: 0.75, rem: 12 }

const styleOf = (marks: readonly Mark[], name: string) =>
  marks.find(({ type }) => type.name === 'textStyle')?.attrs[name] as string | null | undefined
const isCode = (marks: readonly Mark[]) => marks.some(({ type }) => type.name === 'code')

function ofBlock(block: Node): number {
  if (block.type.name === 'codeBlock') return CODE_BLOCK
  return block.type.name === 'heading' ? (HEADINGS[Number(block.attrs.level)] ?? TEXT) : TEXT
}

/** In points, to the half. */
export function sizeOf(block: Node, marks: readonly Mark[]): number {
  const [, number, unit = ''] = /^([\d.]+)(pt|px|em|rem)$/.exec(styleOf(marks, 'fontSize') ?? '') ?? []
  const points = number
    ? Number(number) * (POINTS[unit] ?? ofBlock(block))
    : ofBlock(block) * (isCode(marks) ? CODE : 1)
  return Math.round(points * 2) / 2
}

function fontOf(block: Node, marks: readonly Mark[]): string {
  const first = styleOf(marks, 'fontFamily')?.split(',')[0]
  if (first) return first.trim().replace(/^['"]|['"]$/g, '')
  return block.type.spec.code || isCode(marks) ? 'Monospace' : DEFAULT_FONT
}

/** What all selected text has in common; null where it differs. An empty selection speaks for what is typed next. */
export function lookOf({ doc, selection, storedMarks }: EditorState): { font: string | null; size: number | null } {
  let font: string | null | undefined
  let size: number | null | undefined
  const meet = (block: Node, marks: readonly Mark[]) => {
    const [itsFont, itsSize] = [fontOf(block, marks), sizeOf(block, marks)]
    font = font === undefined || font === itsFont ? itsFont : null
    size = size === undefined || size === itsSize ? itsSize : null
  }
  for (const { $from, $to } of selection.empty ? [] : selection.ranges) {
    doc.nodesBetween($from.pos, $to.pos, (node, _position, parent) => {
      if (node.isText && parent) meet(parent, node.marks)
      return font !== null || size !== null
    })
  }
  const { $from } = selection
  if (font === undefined) meet($from.parent, storedMarks ?? $from.marks())
  return { font: font ?? null, size: size ?? null }
}
