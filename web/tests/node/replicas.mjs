// Browsers without a screen, driven over stdin and stdout: one JSON request a line, one JSON answer a line.
// The app's own editor and binding run under jsdom; Vite loads their sources.
import { createInterface } from 'node:readline'
import { resolve } from 'node:path'
import { JSDOM } from 'jsdom'
import { runnerImport } from 'vite'

const root = resolve(import.meta.dirname, '../..')
const { window } = new JSDOM('<!doctype html><body></body>', { pretendToBeVisual: true, url: 'http://localhost/' })
for (const name of Object.getOwnPropertyNames(window)) {
  if (!(name in globalThis)) Object.defineProperty(globalThis, name, { get: () => window[name], configurable: true })
}
for (const kind of [window.Range, window.Element]) {
  kind.prototype.getClientRects = () => []
  kind.prototype.getBoundingClientRect = () => ({ top: 0, left: 0, right: 0, bottom: 0, width: 0, height: 0 })
}
document.elementFromPoint = () => null

const { module } = await runnerImport(resolve(root, 'tests/replicas/commands.ts'), {
  root,
  configFile: false,
  logLevel: 'error',
})
const decode = (text) => new Uint8Array(Buffer.from(text, 'base64'))
const encode = (bytes) => Buffer.from(bytes).toString('base64')

for await (const line of createInterface({ input: process.stdin })) {
  let answer
  try {
    answer = await module.command(JSON.parse(line), decode, encode)
  } catch (error) {
    answer = { error: error instanceof Error ? error.stack : String(error) }
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
process.exit(0)
