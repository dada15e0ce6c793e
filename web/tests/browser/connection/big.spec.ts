import type { Browser, Page } from '@playwright/test'
import { expect, newDocument, saved, signIn, status, test, text, type } from '../fixtures'
import { Proxy } from '../proxy'
import { QuireServer } from '../server'

/** Insert text as one change. */
function insert(element: HTMLElement, characters: number): void {
  const { editor } = element as HTMLElement & { editor: { commands: { insertContent: (text: string) => void } } }
  editor.commands.insertContent('x'.repeat(characters))
}

test('a change that is too big to send is said to be, and not sent again and again [FM-168]', async ({ browser }) => {
  const server = await QuireServer.start({ QUIRE_MAX_FRAME: '300000', QUIRE_MAX_UPDATE: '200000' })
  test.slow()
  const context = await browser.newContext()
  const page = await context.newPage()
  await signIn(page, server)
  await page.clock.install()
  const address = await newDocument(page, server)
  const reader = await context.newPage()
  await reader.goto(address)
  await text(reader).waitFor()

  await type(reader, 'before ')
  await expect(text(page)).toContainText('before')
  let connections = 0
  page.on('websocket', () => (connections += 1))
  for (const characters of [250_000, 400_000]) {
    // Above the largest update first, then above the largest message.
    await text(page).evaluate(insert, characters)
  }
  await expect(page.getByRole('alert')).toContainText('too big to be sent')
  await expect(status(page)).toHaveText('Not saved: too big to send')
  // A provider left to itself connects again after a second, by the page's clock.
  await page.clock.runFor(3500)
  await page.evaluate(() => fetch('/healthz').then(() => undefined))
  expect(connections).toBe(0)

  // The way out that the message names.
  const length = () => text(page).evaluate((element) => element.textContent.length)
  await text(page).focus()
  while ((await length()) > 1000) await page.keyboard.press('Control+z')
  await page.getByRole('button', { name: 'Reload' }).click()
  await saved(page)
  await type(page, 'after')
  await saved(page)
  await expect(text(reader)).toContainText(/before[^]*after/)
  await context.close()
  await server.discard()
})

/** Opens a document that travels over HTTPS, and counts its exchanges with the server. */
async function overHttps(browser: Browser, work: (page: Page, sent: () => number) => Promise<void>): Promise<void> {
  const server = await QuireServer.start({ QUIRE_MAX_FRAME: '300000', QUIRE_MAX_UPDATE: '200000' })
  const network = await Proxy.start(server.port)
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.clock.install()
  await signIn(page, network)
  await newDocument(page, network)
  network.refuseUpgrades()
  await page.reload()
  await type(page, 'before ')
  // A socket counts as blocked after a while.
  await page.clock.runFor(6000)
  await expect(status(page)).toHaveText('Saved', { timeout: 20_000 })
  let sent = 0
  page.on('request', (request) => (sent += Number(request.url().endsWith('/sync'))))
  await work(page, () => sent)
  await context.close()
  await network.stop()
  await server.discard()
}

/** The exchange left to itself tries again after four seconds, or after five. */
async function notSentAgain(page: Page, sent: () => number): Promise<void> {
  const before = sent()
  expect(before).toBeGreaterThan(0)
  await page.clock.runFor(9000)
  // What the timers sent is sent before this is.
  await page.evaluate(() => fetch('/healthz').then(() => undefined))
  expect(sent()).toBe(before)
}

// Above the largest update, then above the largest request.
for (const characters of [220_000, 400_000]) {
  test(`a change of ${characters} characters that HTTPS cannot carry is not sent again and again`, async ({
    browser,
  }) => {
    test.slow()
    await overHttps(browser, async (page, sent) => {
      await text(page).evaluate(insert, characters)
      await expect(page.getByRole('alert')).toContainText('too big to be sent')
      await expect(status(page)).toHaveText('Not saved: too big to send')
      await notSentAgain(page, sent)

      await text(page).focus()
      await page.keyboard.press('Control+z')
      await page.getByRole('button', { name: 'Reload' }).click()
      await type(page, 'after')
      await expect(status(page)).toHaveText('Saved', { timeout: 20_000 })
    })
  })
}

test('a change that the server cannot read is not sent again and again over HTTPS', async ({ browser }) => {
  test.slow()
  await overHttps(browser, async (page, sent) => {
    const refusal = { detail: 'no update', reason: 'malformed' }
    await page.route('**/sync', (route) =>
      (route.request().postDataBuffer()?.length ?? 0) > 500
        ? route.fulfill({ status: 409, contentType: 'application/problem+json', json: refusal })
        : route.continue(),
    )
    await text(page).evaluate(insert, 1000)
    await expect(page.getByRole('alert')).toContainText('no update')
    await expect(status(page)).toHaveText('Not saved: no update')
    await notSentAgain(page, sent)
    await expect(page.getByRole('button', { name: 'Reload' })).toBeVisible()
  })
})
