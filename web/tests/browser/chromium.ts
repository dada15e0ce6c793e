/** The browser of the tests: Debian's. Its headless shell has the same engine without windows, and takes a fifth less time. */
import { existsSync, readFileSync } from 'node:fs'

// Not /usr/bin's script: who kills that leaves the browser running.
const PATHS = readFileSync(new URL('chromium.txt', import.meta.url), 'utf8').split('\n')

/** Path of the program; `QUIRE_CHROMIUM` names another one. */
export const CHROMIUM = process.env.QUIRE_CHROMIUM ?? PATHS.find((path) => existsSync(path)) ?? 'chromium'
