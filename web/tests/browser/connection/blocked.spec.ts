/** Networks that block WebSockets: the same document over plain HTTPS. */
import { expect, newDocument, saved, share, signIn, status, text, type, visitor, words } from '../fixtures'
import { test } from '../network'
import { Proxy } from '../proxy'
import { QuireServer } from '../server'

test('behind a proxy that refuses every upgrade two people converge, and the socket takes over when allowed [FM-055]', async ({
  ada,
  network,
  server,
}) => {
  network.refuseUpgrades()
  const { page: bob, context } = await visitor(ada, await share(ada, 'edit'))
  for (const page of [ada, bob]) {
    await expect(status(page)).toHaveText('Saved', { timeout: 20_000 })
    await status(page).hover()
    await expect(page.getByRole('tooltip')).toContainText('Changes travel over HTTPS')
  }
  expect(network.openSockets).toBe(0)

  // The guide says: within three seconds of each other, both ways.
  for (const [writer, reader, said] of [
    [ada, bob, 'from Ada '],
    [bob, ada, 'from Bob '],
  ] as const) {
    await type(writer, said)
    const start = Date.now()
    await expect.poll(() => words(reader), { intervals: [50], timeout: 20_000 }).toContain(said)
    expect(Date.now() - start).toBeLessThan(5000)
  }

  // "Saved" is said after the commit only: what it covered is there after a crash, and nothing more is claimed.
  await saved(ada)
  await server.stop('SIGKILL')
  await type(ada, 'during the outage ')
  await expect(status(ada)).toContainText('Offline', { timeout: 10_000 })
  await server.run()
  await expect(status(ada)).toHaveText('Saved', { timeout: 20_000 })
  expect(network.openSockets).toBe(0)
  await expect.poll(() => words(bob), { timeout: 10_000 }).toBe('from Ada from Bob during the outage ')

  network.allowUpgrades()
  await expect.poll(() => network.openSockets, { timeout: 20_000 }).toBe(2)
  await status(ada).hover()
  await expect(ada.getByRole('tooltip')).toContainText('Every change is stored on the server')
  await expect(ada.getByTestId('person')).toHaveCount(1)
  await context.close()
})

test('who may only read gets a read-only page over HTTPS too', async ({ ada, network }) => {
  await type(ada, 'Read me')
  await saved(ada)
  const link = await share(ada, 'view')
  network.refuseUpgrades()
  const { page: reader, context } = await visitor(ada, link)
  await expect(text(reader)).toContainText('Read me')
  await expect(status(reader)).toHaveText('Saved')
  await expect(text(reader)).toHaveAttribute('contenteditable', 'false')
  await share(ada, 'edit')
  await expect(text(reader)).toHaveAttribute('contenteditable', 'true')
  await type(reader, ' and write')
  await expect.poll(() => words(ada), { timeout: 10_000 }).toBe('Read me and write')
  await context.close()
})

test('a network that lets sockets open and then swallows them does not stop anybody', async ({ ada, network }) => {
  network.muteSockets()
  await type(ada, 'typed all the same')
  await expect(status(ada)).toHaveText('Saved', { timeout: 30_000 })
  const answer = await ada.request.get(ada.url().replace('/d/', '/api/v1/documents/') + '/content?format=text')
  expect(await answer.text()).toContain('typed all the same')
})

test('a full document goes on showing others’ words, is not pressed over HTTPS, and takes what waits when there is room', async ({
  browser,
}) => {
  test.setTimeout(90_000)
  const server = await QuireServer.start({ QUIRE_DOCUMENT_WARN: '20000', QUIRE_DOCUMENT_LIMIT: '30000' })
  const network = await Proxy.start(server.port)
  network.refuseUpgrades()
  const page = await (await browser.newContext()).newPage()
  await signIn(page, server)
  await newDocument(page, server)
  const link = (await share(page, 'edit')).replace(server.url, network.url)
  const { page: guest, context } = await visitor(page, link)
  await expect(status(guest)).toHaveText('Saved', { timeout: 20_000 })
  await text(page).click()
  await page.keyboard.insertText('x'.repeat(29_800))
  await saved(page)
  await expect.poll(async () => (await words(guest)).length, { timeout: 10_000 }).toBeGreaterThan(29_000)

  let refused = 0
  guest.on('response', (answer) => {
    if (answer.url().endsWith('/sync') && answer.status() === 409) refused += 1
  })
  await text(guest).click()
  await guest.keyboard.press('Control+Home')
  await guest.keyboard.insertText('no room for these '.repeat(20))
  await expect(status(guest)).toContainText('Not saved')
  // What is offered in vain is offered rarely; what others write comes all the same.
  await page.keyboard.press('Control+End')
  await page.keyboard.insertText(' short')
  await expect.poll(() => words(guest), { timeout: 10_000 }).toContain('short')
  expect(refused).toBeLessThan(4)
  await page.keyboard.press('Control+a')
  await page.keyboard.press('Delete')
  await saved(page)
  await expect(status(guest)).toHaveText('Saved', { timeout: 30_000 })
  await expect(text(page)).toContainText('no room for these')
  await context.close()
  await network.stop()
  await server.discard()
})
