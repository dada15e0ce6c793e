/** Cursors of people who are gone leave the screen. */
import { chromium, type Page } from '@playwright/test'
import { CHROMIUM } from '../chromium'
import { expect, full, newDocument, PROVE, share, test as base, text, type, visitor } from '../fixtures'
import { Path } from '../path'
import { QuireServer } from '../server'

/** Seconds without a sign of life after which a person counts as gone; in full with the server's own settings. */
const SILENCE = PROVE ? 35 : 3
const settings: Record<string, string> = PROVE ? {} : { QUIRE_PING_INTERVAL: '1', QUIRE_PONG_TIMEOUT: '3' }

const test = base.extend<object, { server: QuireServer }>({
  server: [
    async ({}, use) => {
      const server = await QuireServer.start(settings)
      await use(server)
      await server.discard()
    },
    { scope: 'worker' },
  ],
})

/** Seconds until a page shows nobody else. */
async function gone(pages: Page[], bound: number): Promise<void> {
  const start = Date.now()
  for (const page of pages) {
    await expect(page.locator('.caret')).toHaveCount(1, { timeout: Math.max(1, start + bound * 1000 - Date.now()) })
  }
}

test('a killed browser leaves every screen at once [FM-153]', async ({ owner, server }) => {
  await newDocument(owner, server)
  const link = await share(owner, 'edit')
  const { page: other, context } = await visitor(owner, link)
  await type(owner, 'here ')
  await type(other, 'there ')
  const doomed = await chromium.launchServer({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu'],
  })
  const remote = await chromium.connect(doomed.wsEndpoint())
  const page = await remote.newPage()
  await page.goto(link)
  await type(page, 'doomed ')
  for (const witness of [owner, other]) await expect(witness.locator('.caret')).toHaveCount(2)
  doomed.process().kill('SIGKILL')
  await gone([owner, other], 2)
  await context.close()
})

test(
  'a network that goes silent takes its people off every screen in time [FM-153]',
  full('the settings of a fresh server'),
  async ({ owner, server }) => {
    test.setTimeout(120_000)
    await newDocument(owner, server)
    const link = await share(owner, 'edit')
    const { page: other, context } = await visitor(owner, link)
    await type(owner, 'here ')
    await type(other, 'there ')
    const network = await Path.to(server.port)
    const { page, context: far } = await visitor(owner, link.replace(server.url, network.url))
    await type(page, 'far away ')
    for (const witness of [owner, other]) await expect(witness.locator('.caret')).toHaveCount(2)
    await expect(page.locator('.caret')).toHaveCount(2)
    network.silent = true
    await gone([owner, other], SILENCE + 3)
    if (PROVE) await expect(page.locator('.caret')).toHaveCount(0, { timeout: 30_000 })
    await expect(text(owner)).toContainText('far away')
    network.close()
    await far.close()
    await context.close()
  },
)

test('a killed server takes everybody off every screen, and back when it is there again [FM-153]', async ({
  owner,
  server,
}) => {
  await newDocument(owner, server)
  const { page: other, context } = await visitor(owner, await share(owner, 'edit'))
  await type(owner, 'here ')
  await type(other, 'there ')
  for (const page of [owner, other]) await expect(page.locator('.caret')).toHaveCount(1)
  await server.stop('SIGKILL')
  for (const page of [owner, other]) await expect(page.locator('.caret')).toHaveCount(0, { timeout: SILENCE * 1000 })
  await server.run()
  for (const page of [owner, other]) await expect(page.locator('.caret')).toHaveCount(1, { timeout: 20_000 })
  await context.close()
})
