const KINDS = ["'‘’‚‹›", '"“”„«»']
const MARKS = new RegExp(`[${KINDS.join('')}]`, 'g')

/**
 * The pattern for a term with quotation marks or apostrophes; null for any other term. Who searches types straight
 * ones, the text has those of its language.
 */
export function quotedTerm(term: string, wholeWord: boolean): string | null {
  if (term.search(MARKS) < 0) return null
  const pattern = term
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(MARKS, (mark) => `[${KINDS.find((kind) => kind.includes(mark)) ?? mark}]`)
  if (!wholeWord) return pattern
  return pattern.replace(/^(?=\w)/, '\\b').replace(/(?<=\w)$/, '\\b')
}
