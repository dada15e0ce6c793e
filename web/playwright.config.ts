import { defineConfig } from '@playwright/test'
import { CHROMIUM } from './tests/browser/chromium'

/** Real Chromium against a real server; each worker starts its own server on a free port. */
export default defineConfig({
  testDir: 'tests/browser',
  fullyParallel: true,
  // Much of a test is waiting: for silence, for a reconnect, for what must not happen.
  workers: 3,
  // A busy machine may be late once; what is broken fails twice.
  retries: process.env.CI ? 1 : 0,
  timeout: 60_000,
  expect: { timeout: 8_000 },
  reporter: process.env.QUIRE_PROVE === '1' ? [['list'], ['./tests/browser/proofs.ts']] : [['list']],
  use: {
    locale: 'en-GB',
    // Keeping the app for a day without a network costs each new browser more than opening it does.
    serviceWorkers: 'block',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
