/** The link between browser and server: cut, silent, changed, and back again. */
import { devices, type Page } from '@playwright/test'
import { expect, newDocument, saved, share, signIn, status, text, type, visitor, words } from '../fixtures'
import { test } from '../network'
import { Proxy } from '../proxy'
import { QuireServer } from '../server'

test.use({ serviceWorkers: 'allow' })

test('after a second, a minute and an hour without a link it connects by itself, and every word arrives [FM-040]', async ({
  ada,
  bob,
  network,
}) => {
  await ada.clock.install()
  for (const [name, away] of [
    ['second', 1],
    ['minute', 60],
    ['hour', 3600],
  ] as const) {
    network.cut()
    await expect(status(ada)).toContainText('Offline')
    await type(ada, `${name} before `)
    await ada.clock.fastForward(away * 1000)
    await type(ada, `${name} after `)
    await expect(status(ada)).not.toHaveText('Saved')
    network.restore()
    await expect(status(ada)).toHaveText('Saved', { timeout: 20_000 })
    await expect.poll(() => words(bob)).toContain(`${name} before ${name} after `)
  }
})

test('a browser that comes online or a tab that wakes connects at once [FM-040]', async ({ ada, network }) => {
  await ada.clock.install()
  for (const event of ['online', 'visibilitychange']) {
    network.cut()
    await expect(status(ada)).toContainText('Offline')
    // From here on no timer of the page runs: only the event can connect.
    await ada.clock.pauseAt(Date.now() + 60_000)
    network.restore()
    await ada.evaluate((name) => {
      if (name === 'online') window.dispatchEvent(new Event(name))
      else document.dispatchEvent(new Event(name))
    }, event)
    await expect.poll(() => network.openSockets).toBe(1)
    await ada.clock.resume()
    await expect(status(ada)).toHaveText('Saved')
  }
})

test('500 characters typed while the link drops and the server restarts arrive once each [FM-043]', async ({
  ada,
  bob,
  network,
  server,
}) => {
  const typed = Array.from({ length: 100 }, (_, index) => `w${String(index).padStart(3, '0')} `).join('')
  expect(typed).toHaveLength(500)
  await text(ada).click()
  const typing = ada.keyboard.type(typed, { delay: 12 })
  await expect.poll(() => words(ada)).toContain('w020')
  network.cut()
  await server.stop('SIGKILL')
  const back = new Promise<void>((done) => setTimeout(done, 3000)).then(async () => {
    await server.run()
    network.restore()
  })
  await Promise.all([typing, back])
  await expect(status(ada)).toHaveText('Saved', { timeout: 20_000 })
  await expect.poll(() => words(bob), { timeout: 20_000 }).toBe(typed)
  expect(await words(ada)).toBe(typed)
})

test('both sides notice a link that swallows everything, and late packets do no harm [FM-047]', async ({ browser }) => {
  const pong = 3
  const ping = 1
  const server = await QuireServer.start({ QUIRE_PONG_TIMEOUT: String(pong), QUIRE_PING_INTERVAL: String(ping) })
  const network = await Proxy.start(server.port)
  const context = await browser.newContext()
  const ada = await context.newPage()
  await signIn(ada, network)
  await newDocument(ada, network)
  const link = (await share(ada, 'edit')).replace(network.url, server.url)
  const { page: bob, context: theirs } = await visitor(ada, link)
  await type(ada, 'before ')
  await saved(ada)
  await expect(bob.getByTestId('person')).toHaveCount(1)

  // A quiet link is no dead link: nothing is said but pings, for longer than silence may last.
  const before = network.pings
  await expect.poll(() => network.pings - before, { timeout: 30_000 }).toBeGreaterThan((2 * pong) / ping)
  await expect(status(ada)).toHaveText('Saved')

  const start = Date.now()
  network.swallow()
  const noticed = await Promise.all([
    expect(status(ada))
      .toContainText('Offline', { timeout: 20_000 })
      .then(() => Date.now() - start),
    expect(bob.getByTestId('person'))
      .toHaveCount(0, { timeout: 20_000 })
      .then(() => Date.now() - start),
  ])
  // The guide says: a tab within the timeout and a tenth, the server within timeout and interval; two seconds for the machine.
  expect(noticed[0]).toBeLessThan((1.1 * pong + 2) * 1000)
  expect(noticed[1]).toBeLessThan((pong + ping + 2) * 1000)
  await type(ada, 'meanwhile ')
  network.restore()
  await expect(status(ada)).toHaveText('Saved', { timeout: 20_000 })
  await expect.poll(() => words(bob)).toBe('before meanwhile ')
  await expect(bob.getByTestId('person')).toHaveCount(1)
  await theirs.close()
  await context.close()
  await network.stop()
  await server.discard()
})

test('a change that nobody acknowledges has the link checked, long before it would count as silent', async ({
  ada,
  network,
}) => {
  network.swallow()
  await type(ada, 'into the void')
  // Five seconds of doubt and five for an answer; silence alone would take 25.
  await expect(status(ada)).toContainText('Offline', { timeout: 15_000 })
  network.restore()
  await expect(status(ada)).toHaveText('Saved', { timeout: 20_000 })
})

test('the status follows the network both ways, and a stale view says since when [FM-149]', async ({
  ada,
  network,
}) => {
  await type(ada, 'words ')
  await saved(ada)
  const seconds = async (what: string | RegExp, act: () => unknown): Promise<number> => {
    const start = Date.now()
    await act()
    await expect(status(ada)).toHaveText(what, { timeout: 20_000 })
    return (Date.now() - start) / 1000
  }
  const since = /^Offline since \d{1,2}:\d{2}/
  // The guide says: at once when the browser knows, a few seconds back.
  expect(await seconds(since, () => ada.context().setOffline(true))).toBeLessThan(2)
  await expect(ada.getByTestId('announced')).toHaveText(since)
  await type(ada, 'typed ')
  await expect(text(ada)).toContainText('typed')
  await expect(status(ada)).toHaveText(/^Offline since .*: 6 changes kept on this device$/)
  expect(await seconds('Saved', () => ada.context().setOffline(false))).toBeLessThan(5)
  await expect(ada.getByTestId('announced')).toHaveText('Saved')
  expect(await seconds(since, () => network.cut())).toBeLessThan(2)
  expect(await seconds('Saved', () => network.restore())).toBeLessThan(16)
})

test('a phone that changes networks while one types, and sleeps, loses no word [FM-160]', async ({
  browser,
  server,
}) => {
  const network = await Proxy.start(server.port)
  const context = await browser.newContext({ ...devices['Pixel 7'], viewport: { width: 390, height: 844 } })
  const page = await context.newPage()
  await signIn(page, network)
  await newDocument(page, network)
  await page.clock.install()
  let typed = ''
  const write = async (words: string) => {
    await text(page).click()
    await page.keyboard.press('Control+End')
    await page.keyboard.type(words)
    typed += words
  }
  for (let turn = 0; turn < 6; turn += 1) {
    await write(`network ${turn} `)
    // The old connections die without a word; the phone says that its network is another one.
    network.strand()
    await write(`hand-off ${turn} `)
    await page.clock.fastForward(10_000)
    await changeNetwork(page)
  }
  await expect(status(page)).toHaveText('Saved', { timeout: 20_000 })

  network.strand()
  await page.clock.fastForward(600_000)
  const woke = Date.now()
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  await write('awake ')
  await expect(status(page)).toHaveText('Saved', { timeout: 20_000 })
  // A socket that seems open is doubted for five seconds; the rest is for the machine.
  const seconds = (Date.now() - woke) / 1000
  expect(seconds).toBeLessThan(15)
  test.info().annotations.push({ type: 'seconds until live after waking', description: String(seconds) })
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  await page.screenshot({ path: test.info().outputPath('phone.png') })
  expect(await installable(page)).toEqual([])
  const { page: reader, context: other } = await visitor(
    page,
    (await share(page, 'view')).replace(network.url, server.url),
  )
  await expect.poll(() => words(reader)).toBe(typed)
  await other.close()
  await context.close()
  await network.stop()
})

async function changeNetwork(page: Page): Promise<void> {
  await page.evaluate(() => {
    ;(navigator as Navigator & { connection?: EventTarget }).connection?.dispatchEvent(new Event('change'))
  })
}

/** What a browser would miss before it offers to install the app. */
async function installable(page: Page): Promise<string[]> {
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  const protocol = await page.context().newCDPSession(page)
  const { data, errors } = await protocol.send('Page.getAppManifest')
  const manifest = JSON.parse(data ?? '{}') as {
    display?: string
    start_url?: string
    icons?: { src: string; sizes: string }[]
  }
  const missing = errors.map((error) => error.message)
  if (manifest.display !== 'standalone' || manifest.start_url !== '/') missing.push('standalone display and start')
  for (const size of ['192x192', '512x512']) {
    const icon = manifest.icons?.find(({ sizes }) => sizes === size)
    const answer = icon && (await page.request.get(new URL(icon.src, page.url()).href))
    if (answer?.headers()['content-type'] !== 'image/png') missing.push(`icon ${size}`)
  }
  return missing
}
