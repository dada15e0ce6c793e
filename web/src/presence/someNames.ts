import { listed, number } from '../i18n/format'

/** The first of some names, and how many more there are. */
export function someNames(names: string[], most: number): string {
  const more = names.length - most
  return listed(more > 0 ? [...names.slice(0, most), `+${number(more)}`] : names)
}
