/** What the editor sees of an attribute, whatever the document holds: the server's rule, in the browser. */
import { Extension } from '@tiptap/core'
import { safeAddress } from '../links'
import { isColor } from './color'
import schema from './schema.json'

/** What the schema says of one attribute. */
export interface Attribute {
  kind: string
  default: unknown
  choices: string[]
  least: number | null
  most: number | null
  pattern: string | null
}

type Attributes = Record<string, Attribute>
type Described = Record<string, { attributes: Attributes } | undefined>

const MOST_COLUMNS = 100

const patterns = new Map<string, RegExp>()

/** Compiled once: a long document has thousands of attributes. */
function matches(pattern: string, value: string): boolean {
  const known = patterns.get(pattern) ?? new RegExp(`^(?:${pattern})$`)
  patterns.set(pattern, known)
  return known.test(value)
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && !Number.isNaN(value)

function bounded({ least, most }: Attribute, value: number): number {
  return Math.min(Math.max(value, least ?? value), most ?? value)
}

/** The value if the schema allows it, the nearest that it allows for a number, else the default. */
export function clean(attribute: Attribute, value: unknown): unknown {
  const { kind, choices, pattern, default: usual } = attribute
  if (kind === 'boolean') return typeof value === 'boolean' ? value : usual
  if (kind === 'number') return isNumber(value) ? bounded(attribute, value) : usual
  if (kind === 'integer') return isNumber(value) ? Math.trunc(bounded(attribute, value)) : usual
  if (kind === 'integers') {
    if (!Array.isArray(value) || !value.every(isNumber)) return usual
    // A cell over several columns has 0 for those without a width of their own.
    return value.slice(0, MOST_COLUMNS).map((width) => (width === 0 ? 0 : Math.trunc(bounded(attribute, width))))
  }
  if (typeof value !== 'string') return usual
  if (kind === 'choice') return choices.includes(value) ? value : usual
  if (kind === 'color') return isColor(value) ? value : usual
  if (kind === 'url') return safeAddress(value) ?? usual
  return pattern === null || matches(pattern, value) ? value : usual
}

const cleaner = (described: Described, name: string) => {
  const known = described[name]?.attributes ?? {}
  return (key: string, value: unknown) => {
    const attribute = known[key]
    return attribute ? clean(attribute, value) : value
  }
}

/** Gives the binding to the shared document the rule for every node and mark. */
export const CleanAttributes = Extension.create({
  name: 'cleanAttributes',
  extendNodeSchema: ({ name }) => ({ clean: cleaner(schema.nodes as Described, name) }),
  extendMarkSchema: ({ name }) => ({ clean: cleaner(schema.marks as Described, name) }),
})
