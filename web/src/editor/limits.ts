/** Characters that one change may bring in: as UTF-8 well under the 12 MiB that a server takes by default. */
export const MOST_INSERTED = 2_000_000
