/** Networks that block WebSockets: the same document over plain HTTPS. */
import { expect, saved, share, status, text, type, visitor, words } from './fixtures'
import { test } from './network'

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
