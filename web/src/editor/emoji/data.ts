/** Emoji by name. The data is large, so it is loaded when somebody wants one. */

export interface Emoji {
  sign: string
  label: string
  /** Names between colons, as in `:tada:`. */
  codes: string[]
  tags: string
  group: number
}

interface Entry {
  unicode: string
  hexcode: string
  label: string
  tags?: string[]
  group?: number
}

/** The parts of skin and hair are no emoji of their own. */
const COMPONENTS = 2
let loaded: { language: string; emoji: Emoji[] } | null = null

/** All emoji with the words of a language, loaded once. */
export async function loadEmoji(language: string): Promise<Emoji[]> {
  const wanted = language.startsWith('de') ? 'de' : 'en'
  if (loaded?.language === wanted) return loaded.emoji
  const [entries, codes] = await Promise.all([
    wanted === 'de' ? import('emojibase-data/de/compact.json') : import('emojibase-data/en/compact.json'),
    import('emojibase-data/en/shortcodes/github.json'),
  ])
  const names = codes.default as Record<string, string | string[]>
  const emoji = (entries.default as Entry[])
    .filter(({ group }) => group !== undefined && group !== COMPONENTS)
    .map(({ unicode, hexcode, label, tags = [], group = 0 }) => ({
      sign: unicode,
      label,
      codes: [names[hexcode] ?? []].flat(),
      tags: tags.join(' '),
      group,
    }))
  loaded = { language: wanted, emoji }
  return emoji
}

/** Best first: names that start so, then words that start so, then anything that contains it. */
export function search(emoji: Emoji[], query: string, most: number): Emoji[] {
  const typed = query.toLowerCase()
  const rank = ({ codes, label, tags }: Emoji): number => {
    if (codes.includes(typed)) return 0
    if (codes.some((code) => code.startsWith(typed)) || label.toLowerCase().startsWith(typed)) return 1
    if (` ${codes.join(' ').replaceAll('_', ' ')} ${label} ${tags}`.toLowerCase().includes(` ${typed}`)) return 2
    return codes.some((code) => code.includes(typed)) ? 3 : 4
  }
  const ranked = emoji.map((item) => ({ item, at: rank(item) })).filter(({ at }) => at < 4)
  return ranked
    .sort((a, b) => a.at - b.at)
    .slice(0, most)
    .map(({ item }) => item)
}

/** The emoji of a complete name, if the data is here. */
export const byCode = (code: string): string | undefined =>
  loaded?.emoji.find(({ codes }) => codes.includes(code.toLowerCase()))?.sign
