/** At most two letters that stand for a name; what is added in brackets is not one of its words. */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter(Boolean)
  const own = words.filter((word) => !word.startsWith('('))
  return (own.length > 0 ? own : words)
    .slice(0, 2)
    .map((word) => [...word][0]?.toUpperCase() ?? '')
    .join('')
}
