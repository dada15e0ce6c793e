/** What parts of the app tell each other through the window, by the names of the events. */

/** The tab's socket has reached the server, for the first time or again. */
export const CONNECTED = 'quire:connected'

/** There is a newer release than the one that runs here. */
export const RELEASED = 'quire:release'
