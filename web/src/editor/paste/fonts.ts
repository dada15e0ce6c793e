/** Fonts and sizes that somebody chose, told from those that a program writes on all of its text. */
import { pixels } from './dom'

/** What the program that filled the clipboard uses where nobody chose anything. */
export interface Usual {
  families: string[]
  /** In points. */
  sizes: number[]
}

const GOOGLE: Usual = { families: ['arial'], sizes: [11] }
const SHEETS: Usual = { families: ['arial'], sizes: [10] }
const OTHERS: Usual = { families: ['calibri', 'aptos', 'times new roman', 'liberation serif'], sizes: [11, 12] }
const GENERIC = /^(sans-serif|serif|monospace|cursive)$/
/** Fonts that hold signs instead of letters. */
const SIGNS = /^(symbol|wingdings|webdings)/i

/** Word sends the style of its ordinary paragraphs along. */
export function usualIn(html: string): Usual {
  if (html.includes('docs-internal-guid-')) return GOOGLE
  if (html.includes('google-sheets-html-origin')) return SHEETS
  const normal = /\.MsoNormal[^{}]*\{([^}]*)\}/.exec(html)?.[1]
  if (!normal) return OTHERS
  const said = (name: string) => new RegExp(`[\\s;{]${name}:\\s*([^;]+)`).exec(` ${normal}`)?.[1]
  const family = familiesOf(said('font-family'))[0]?.toLowerCase()
  const size = pointsOf(said('font-size'))
  return { families: family ? [family] : OTHERS.families, sizes: size ? [size] : OTHERS.sizes }
}

/** The font and the size that were chosen for a piece of text, as declarations. */
export function chosenFont(style: Map<string, string>, face: string | null, usual: Usual): string[] {
  const chosen: string[] = []
  const [family, ...others] = familiesOf(style.get('font-family') ?? face ?? undefined)
  if (family && !usual.families.includes(family.toLowerCase()) && !SIGNS.test(family) && !GENERIC.test(family)) {
    const generic = others.find((name) => GENERIC.test(name))
    chosen.push(`font-family: ${[family, ...(generic ? [generic] : [])].join(', ')}`)
  }
  const size = pointsOf(style.get('font-size'))
  if (size && !usual.sizes.includes(size)) chosen.push(`font-size: ${size}pt`)
  return chosen
}

function familiesOf(value: string | undefined): string[] {
  const names = (value ?? '').split(',').map((name) => name.trim().replace(/^['"]|['"]$/g, ''))
  return names.filter((name) => /^[A-Za-z][A-Za-z0-9 -]{0,40}$/.test(name))
}

/** In points, to the half; null where it depends on the text around. */
function pointsOf(value: string | undefined): number | null {
  const wide = /(pt|px)$/.test(value?.trim() ?? '') ? pixels(value) : null
  const points = wide === null ? 0 : Math.round(wide * 1.5) / 2
  return points >= 4 && points <= 200 ? points : null
}
