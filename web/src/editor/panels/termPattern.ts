/** Which text a term is found in: the same words in another spelling of Unicode, with other quotation marks or vowel signs. */
const QUOTES = ["'‘’‚‹›", '"“”„«»']
/** Signs that Arabic, Hebrew and Syriac are as well written without, and the stroke that makes Arabic words longer. */
const OPTIONAL =
  '[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u0652\u0656-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0730-\u074a\u08d3-\u08e1\u08e3-\u08ff]'
const SIGNS = new RegExp(OPTIONAL, 'g')
const TAKES_SIGNS = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}]/u

const escaped = (words: string) => words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Who searches types straight quotation marks and no vowel signs, or those of their keyboard; the text has its own. */
function letter(character: string): string {
  const quotes = QUOTES.find((kind) => kind.includes(character))
  if (quotes) return `[${quotes}]`
  // An accent may be part of its letter or stand behind it.
  const apart = character.normalize('NFD')
  const either = apart === character ? escaped(character) : `(?:${character}|${apart})`
  return TAKES_SIGNS.test(character) ? `${either}${OPTIONAL}*` : either
}

/** The regular expression that finds a term. */
export function termPattern(term: string): string {
  const bare = term.replace(SIGNS, '')
  return bare ? [...bare.normalize('NFC')].map(letter).join('') : escaped(term)
}
