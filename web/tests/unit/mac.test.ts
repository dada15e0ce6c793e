/** The key that commands. */
import { afterEach, expect, test, vi } from 'vitest'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

test.each([
  ['MacIntel', { metaKey: true }, true],
  ['MacIntel', { ctrlKey: true }, false],
  ['MacIntel', { ctrlKey: true, metaKey: true }, false],
  ['Linux x86_64', { ctrlKey: true }, true],
  ['Win32', { ctrlKey: true, altKey: true }, false],
])('on %s, %o: %s', async (platform, keys, commanded) => {
  vi.stubGlobal('navigator', { platform })
  vi.resetModules()
  const { commands } = await import('../../src/editor/mac')
  expect(commands(new KeyboardEvent('keydown', { key: 'h', ...keys }))).toBe(commanded)
})
