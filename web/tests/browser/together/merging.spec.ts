import { expect, newDocument, saved, share, status, test, text, type, visitor, words } from '../fixtures'

test('words typed without a network into a paragraph that somebody makes a heading stay', async ({ owner, server }) => {
  test.slow()
  await newDocument(owner, server)
  await type(owner, 'the title of it')
  await saved(owner)
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await expect(text(guest)).toContainText('the title of it')
  await context.setOffline(true)
  await expect(status(guest)).toContainText('Offline')
  await type(guest, ' all')
  await text(owner).click()
  await owner.keyboard.press('Control+Alt+1')
  await expect(text(owner).getByRole('heading')).toHaveText('the title of it')
  await saved(owner)
  await context.setOffline(false)
  await saved(guest)
  for (const page of [owner, guest]) {
    await expect.poll(() => words(page)).toBe('the title of it all')
    await expect(text(page).getByRole('heading')).toHaveCount(1)
  }
  await context.close()
})

test('they do so where the tab was closed meanwhile and the browser is slow to open what it keeps', async ({
  owner,
  server,
}) => {
  test.slow()
  await newDocument(owner, server)
  await type(owner, 'the title of it')
  await saved(owner)
  const link = await share(owner, 'edit')
  const { page: closed, context } = await visitor(owner, link)
  await saved(closed)
  await context.setOffline(true)
  await expect(status(closed)).toContainText('Offline')
  await type(closed, ' all')
  await expect(status(closed)).toContainText('4 changes kept on this device')
  await closed.close()
  await text(owner).click()
  await owner.keyboard.press('Control+Alt+1')
  await saved(owner)
  await context.setOffline(false)
  const guest = await context.newPage()
  await guest.addInitScript(() => {
    const open = indexedDB.open.bind(indexedDB)
    indexedDB.open = (name, version) => {
      const request = open(name, version)
      if (name.startsWith('quire:'))
        Object.defineProperty(request, 'onsuccess', {
          set: (then: (event: Event) => void) =>
            request.addEventListener('success', (event) => setTimeout(() => then(event), 2000)),
        })
      return request
    }
  })
  await guest.goto(link)
  await saved(guest)
  for (const page of [owner, guest]) {
    await expect.poll(() => words(page)).toBe('the title of it all')
    await expect(text(page).getByRole('heading')).toHaveCount(1)
  }
  await context.close()
})

test('who writes while somebody makes a list of it goes on in the same words', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, 'first\nsecond\nlast')
  await saved(owner)
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await text(guest).getByText('second').click()
  await guest.keyboard.press('End')
  const writing = guest.keyboard.type(' and then many words', { delay: 40 })
  await text(owner).click()
  await owner.keyboard.press('Control+a')
  await owner.keyboard.press('Control+Shift+7')
  await owner.keyboard.press('Control+Shift+8')
  await writing
  for (const page of [owner, guest]) {
    await expect.poll(() => words(page)).toBe('firstsecond and then many wordslast')
    await expect(text(page).locator('ul > li')).toHaveCount(3)
  }
  await context.close()
})

test('the words of two who begin to write in an empty document stand there once', async ({ owner, server }) => {
  await newDocument(owner, server)
  await saved(owner)
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await text(guest).click()
  await text(owner).click()
  await Promise.all([
    owner.keyboard.type('hello there my friend', { delay: 40 }),
    guest.keyboard.type('JUMPING OVER SOME DOG', { delay: 40 }),
  ])
  for (const page of [owner, guest])
    await expect
      .poll(() => words(page))
      .toMatch(/^(hello there my friendJUMPING OVER SOME DOG|JUMPING OVER SOME DOGhello there my friend)$/)
  await context.close()
})
