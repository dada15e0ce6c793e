import schema from './schema/schema.json'

/** Characters that one change may bring in: as UTF-8 well under the 12 MiB that a server takes by default. */
export const MOST_INSERTED = 2_000_000
/** Characters of the alternative text of a picture. */
export const MOST_ALT = 1000
/** The shortest and the longest side of a picture in the text, in pixels. */
export const { least: LEAST_SIDE, most: MOST_SIDE } = schema.nodes.image.attributes.width
