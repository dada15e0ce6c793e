/** Characters that one change may bring in: as UTF-8 well under the 12 MiB that a server takes by default. */
export const MOST_INSERTED = 2_000_000
/** Characters of the alternative text of a picture. */
export const MOST_ALT = 1000
