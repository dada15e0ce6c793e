/** Plain text that is written as Markdown. */
/** How much of the text only makes sense as Markdown; one dash or one hash proves nothing. */
function evidence(text: string): number {
  let score = 0
  const lines = text.split('\n')
  lines.forEach((line, index) => {
    if (/^#{1,6} \S/.test(line)) score += lines[index + 1]?.trim() === '' ? 2 : 1
    else if (/^(```|~~~)/.test(line) || /^\|?\s*:?-{3,}:?\s*(\|\s*:?-{3,}:?\s*)+\|?\s*$/.test(line)) score += 2
    else if (/^\s*([-*+]|\d{1,3}[.)]) \S/.test(line) || /^> \S/.test(line)) score += 1
    if (/\[[^\]\n]+\]\([^)\s]+\)/.test(line)) score += 2
    if (/(\*\*|__)\S[^*_]*\S?\1/.test(line) || /`[^`\n]+`/.test(line)) score += 1
  })
  return score
}

export const isMarkdown = (text: string): boolean => text.length < 500_000 && evidence(text) >= 2

/** Its HTML; the reader of Markdown is loaded when somebody pastes some. */
export async function markdownToHtml(text: string): Promise<string> {
  const { marked } = await import('marked')
  return marked.parse(text, { async: false, gfm: true, breaks: false })
}
