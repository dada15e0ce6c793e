/** Plain text that is written as Markdown. */

const FENCE = /^ {0,3}```[\w+#.-]*[ \t]*\n[^]*?^ {0,3}```[ \t]*$/m
const TABLE = /^\|?.*\|.*\n\|?\s*:?-{3,}:?\s*(\|\s*:?-{3,}:?\s*)+\|?\s*(\n|$)/
const ITEM = /^\s*([-*+]|\d{1,3}[.)]) \S/
/** What stands between empty lines, if all of it has one form. */
const BLOCKS: [string, (lines: string[]) => boolean][] = [
  ['heading', (lines) => lines.length === 1 && /^#{1,6} \S/.test(lines[0] ?? '')],
  ['list', (lines) => ITEM.test(lines[0] ?? '') && lines.every((line) => ITEM.test(line) || /^\s{2,}\S/.test(line))],
  ['quote', (lines) => lines.every((line) => /^> ?/.test(line))],
  ['table', (lines) => TABLE.test(lines.join('\n'))],
]

/** One sign proves nothing: lists, hashes and quotes stand in letters, logs and settings too. */
export function isMarkdown(text: string): boolean {
  if (text.length > 500_000) return false
  const content = text.replace(/\r\n?/g, '\n')
  if (FENCE.test(content)) return true
  const found = new Set<string>()
  for (const block of content.split(/\n(?:[ \t]*\n)+/)) {
    const lines = block.replace(/^\n+|\n+$/g, '').split('\n')
    for (const [name, fits] of BLOCKS) if (fits(lines)) found.add(name)
  }
  if (/\[[^\]\n]+\]\([^)\s]+\)/.test(content)) found.add('link')
  if (/\*\*\S[^*\n]*\*\*/.test(content)) found.add('bold')
  return found.size >= 3 && (found.has('heading') || found.has('link'))
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** Its HTML, with every line break; what only looks like HTML stays text. The reader is loaded when it is needed. */
export async function markdownToHtml(text: string): Promise<string> {
  const { Marked } = await import('marked')
  const reader = new Marked({
    gfm: true,
    breaks: true,
    renderer: {
      html: ({ block, text: raw }) =>
        block ? `<p>${escaped(raw.trimEnd()).replaceAll('\n', '<br>')}</p>` : escaped(raw),
    },
  })
  return reader.parse(text, { async: false })
}
