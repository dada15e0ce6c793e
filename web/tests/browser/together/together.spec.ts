import { expect, newDocument, saved, share, status, test, text, type, visitor, words } from '../fixtures'

test.use({ serviceWorkers: 'allow' })

test('two people write in one document and see each other', async ({ owner, server }) => {
  await newDocument(owner, server)
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await type(owner, 'Hello from Ada. ')
  await expect(text(guest)).toContainText('Hello from Ada.')
  await type(guest, 'Hello from the guest.')
  await expect(text(owner)).toContainText('Hello from the guest.')
  await saved(owner)
  await saved(guest)
  await expect(owner.getByTestId('person')).toHaveCount(1)
  await expect(owner.locator('.caret-label')).toHaveAttribute('data-name', /Anonymous/)
  await expect(guest.locator('.caret-label')).toHaveAttribute('data-name', 'Ada Owner')
  await context.close()
  await expect(owner.getByTestId('person')).toHaveCount(0)
})

test('a link that may only view gives a read-only page; a role change acts on the open page', async ({
  owner,
  server,
}) => {
  await newDocument(owner, server)
  await type(owner, 'Read me')
  await saved(owner)
  const { page: guest, context } = await visitor(owner, await share(owner, 'view'))
  await expect(text(guest)).toContainText('Read me')
  await expect(text(guest)).toHaveAttribute('contenteditable', 'false')
  await share(owner, 'edit')
  await expect(text(guest)).toHaveAttribute('contenteditable', 'true')
  await type(guest, ' and write')
  await expect(text(owner)).toContainText('Read me and write')
  await context.close()
})

test('words typed without a network survive a reload and merge', async ({ owner, server }) => {
  await newDocument(owner, server)
  await owner.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  const link = await share(owner, 'edit')
  const { page: guest, context } = await visitor(owner, link)
  await type(owner, 'online ')
  await saved(owner)
  await owner.reload()
  await saved(owner)
  await owner.context().setOffline(true)
  await expect(status(owner)).toContainText('Offline')
  await type(owner, 'offline words ')
  await expect(status(owner)).toContainText('kept on this device')
  await type(guest, 'meanwhile ')
  await saved(guest)
  await owner.reload()
  await expect(text(owner)).toContainText('offline words')
  await expect(status(owner)).toContainText('kept on this device')
  await type(owner, 'after the reload ')
  await owner.context().setOffline(false)
  await saved(owner)
  for (const page of [owner, guest]) {
    for (const part of ['online', 'offline words', 'meanwhile', 'after the reload']) {
      await expect.poll(() => words(page)).toContain(part)
    }
  }
  await context.close()
})

test('undo takes back one’s own words only [FM-157]', async ({ owner, server }) => {
  await newDocument(owner, server)
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  for (let turn = 0; turn < 10; turn += 1) {
    await type(owner, `a${turn} `)
    await expect.poll(() => words(guest)).toContain(`a${turn} `)
    await type(guest, `b${turn} `)
    await expect.poll(() => words(owner)).toContain(`b${turn} `)
  }
  const of = (name: string) => Array.from({ length: 10 }, (_, turn) => `${name}${turn}`).join(' ')
  const both = await words(owner)
  for (const [person, others] of [
    [owner, of('b')],
    [guest, of('a')],
  ] as const) {
    await text(person).click()
    for (let step = 0; step < 10; step += 1) await person.keyboard.press('Control+z')
    for (const page of [owner, guest]) await expect.poll(async () => (await words(page)).trim()).toBe(others)
    for (let step = 0; step < 10; step += 1) await person.keyboard.press('Control+Shift+z')
    for (const page of [owner, guest]) await expect.poll(() => words(page)).toBe(both)
  }
  await context.close()
})

test('while the server holds its acknowledgement back nothing is called saved [FM-148]', async ({ owner, server }) => {
  await newDocument(owner, server)
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await type(owner, 'stored ')
  await saved(owner)
  const release = await server.holdCommits()
  await owner.evaluate(() => {
    const said = new Set<string>()
    const badge = document.querySelector('[data-testid=status]')
    const note = () => said.add(badge?.textContent ?? '')
    new MutationObserver(note).observe(badge ?? document, { characterData: true, childList: true, subtree: true })
    Object.assign(window, { said })
  })
  await type(owner, 'seen and not stored')
  await expect(text(guest)).toContainText('seen and not stored')
  await expect(status(owner)).toHaveText('Saving…')
  await type(owner, '.')
  await expect(text(guest)).toContainText('not stored.')
  const said = await owner.evaluate(() => [...(window as unknown as { said: Set<string> }).said])
  expect(said).not.toContain('Saved')
  release()
  await saved(owner)
  await context.close()
})

test('a server that is killed loses nothing that was called saved [FM-148]', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, 'before the crash ')
  await saved(owner)
  await server.stop('SIGKILL')
  await expect(status(owner)).not.toHaveText('Saved')
  await type(owner, 'during the outage ')
  await expect(status(owner)).not.toHaveText('Saved')
  await server.run()
  await saved(owner)
  const fresh = await owner.context().newPage()
  await fresh.goto(owner.url())
  await expect(text(fresh)).toContainText('before the crash during the outage')
  await fresh.close()
})
