/** Documents that are made without a network. */
import type { Page } from '@playwright/test'
import { expect, newDocument, saved, share, status, test, text, type, words, type Place } from '../fixtures'

test.use({ serviceWorkers: 'allow' })

/** Opens the list and cuts the network; the app opens without one once its service worker has it. */
async function goOffline(page: Page, server: Place): Promise<void> {
  await page.goto(server.url)
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  await page.reload()
  await page.getByRole('heading', { name: 'Documents' }).waitFor()
  await page.context().setOffline(true)
}

async function make(page: Page): Promise<string> {
  await page.getByTestId('new-document').click()
  await page.waitForURL(/\/d\//)
  await text(page).waitFor()
  return page.url()
}

const title = (page: Page) => page.getByRole('textbox', { name: 'Document title' })
const kept = async (page: Page, address: string) => {
  const answer = await page.request.get(`${address.replace('/d/', '/api/v1/documents/')}/content?format=text`)
  return answer.ok() ? (await answer.text()).trim() : answer.status()
}

test('a document made offline survives a reload, and is made on the server with every word and its title', async ({
  owner,
  server,
}) => {
  await goOffline(owner, server)
  const address = await make(owner)
  await owner.keyboard.type('Begun on a train. ')
  await title(owner).fill('Made on a train')
  await title(owner).press('Enter')
  await expect(status(owner)).toContainText('kept on this device')
  await owner.reload()
  await expect(text(owner)).toContainText('Begun on a train.')
  await expect(title(owner)).toHaveValue('Made on a train')
  await owner.goto(server.url)
  await owner.getByRole('link', { name: 'Made on a train' }).click()
  await type(owner, 'Went on. ')
  await owner.context().setOffline(false)
  await saved(owner)
  expect(await kept(owner, address)).toBe('Begun on a train. Went on.')
  await expect(text(owner).locator('p')).toHaveCount(1)
  // It is a document as any other: it can be shared, and its title changed.
  await title(owner).fill('Back at home')
  await title(owner).press('Enter')
  await share(owner, 'view')
  await owner.goto(server.url)
  await expect(owner.getByRole('link', { name: 'Back at home' })).toHaveCount(1)
  await expect(owner.getByRole('link', { name: 'Made on a train' })).toHaveCount(0)
})

test('what was made and written offline reaches the server from the list, after the tab was closed', async ({
  owner,
  server,
}) => {
  await goOffline(owner, server)
  const address = await make(owner)
  await owner.keyboard.type('Written, then closed.')
  await expect(status(owner)).toContainText('kept on this device')
  const context = owner.context()
  await owner.close()
  const again = await context.newPage()
  await again.goto(server.url)
  await expect(again.getByText('No connection to the server')).toBeVisible()
  await expect(again.locator(`a[href="${new URL(address).pathname}"]`)).toBeVisible()
  expect(await kept(again, address)).toBe(404)
  await context.setOffline(false)
  await expect(again.getByText('No connection to the server')).toBeHidden()
  await expect.poll(() => kept(again, address)).toBe('Written, then closed.')
  await again.goto(address)
  await saved(again)
  expect(await words(again)).toBe('Written, then closed.')
})

test('a document that the server does not take holds up no other, and what was brought counts as sent', async ({
  owner,
  server,
}) => {
  await goOffline(owner, server)
  const refused = await make(owner)
  await owner.goto(server.url)
  const brought = await make(owner)
  await owner.keyboard.type('Brought.')
  await expect(status(owner)).toContainText('kept on this device')
  await owner.goto(server.url)
  let refusing = true
  await owner.route('**/api/v1/documents', (route) =>
    refusing &&
    route
      .request()
      .postData()
      ?.includes(refused.split('/').pop() ?? '')
      ? route.fulfill({ status: 507, contentType: 'application/problem+json', json: { title: 'The disk is full' } })
      : route.fallback(),
  )
  await owner.context().setOffline(false)
  await expect.poll(() => kept(owner, brought)).toBe('Brought.')
  expect(await kept(owner, refused)).toBe(404)
  refusing = false
  await owner.reload()
  await expect.poll(() => kept(owner, refused)).toBe('')
  // Nothing is unsent once this browser has heard so: signing out asks nothing.
  await expect(async () => {
    await owner.keyboard.press('Escape')
    await owner.getByRole('button', { name: /^Account/ }).click()
    await owner.getByRole('menuitem', { name: 'Sign out', exact: true }).click()
    await owner.getByRole('heading', { name: 'Sign in' }).waitFor({ timeout: 2000 })
  }).toPass()
})

test('who made a document offline is told why the server does not make it', async ({ owner, server }) => {
  await goOffline(owner, server)
  await make(owner)
  await owner.keyboard.type('Waiting.')
  await expect(status(owner)).toContainText('kept on this device')
  let refusing = true
  await owner.route('**/api/v1/documents', (route) =>
    refusing && route.request().method() === 'POST'
      ? route.fulfill({ status: 507, json: { detail: 'the disk is full' } })
      : route.fallback(),
  )
  await owner.context().setOffline(false)
  await expect(status(owner)).toHaveText('Not saved: the disk is full')
  refusing = false
  await saved(owner)
})

test('a document made offline whose id is taken is offered once, and its words are kept as a new one', async ({
  owner,
  server,
}) => {
  await goOffline(owner, server)
  const address = await make(owner)
  await owner.keyboard.type('Mine.')
  await title(owner).fill('Made on a train')
  await title(owner).press('Enter')
  await expect(status(owner)).toContainText('kept on this device')
  let offers = 0
  await owner.route('**/api/v1/documents', (route) => {
    const request = route.request()
    if (request.method() !== 'POST' || !request.postData()?.includes(address.split('/').pop() ?? '')) {
      return route.fallback()
    }
    offers += 1
    return route.fulfill({ status: 409, json: { code: 'id-taken', detail: 'This id belongs to another document.' } })
  })
  await owner.clock.install()
  await owner.context().setOffline(false)
  const banner = owner.getByRole('alert').filter({ hasText: 'cannot be saved at its address' })
  await expect(banner).toBeVisible()
  await expect(status(owner)).toHaveText('Not saved: its address belongs to another document')
  const before = offers
  await owner.clock.runFor(30_000)
  expect(offers).toBe(before)
  await type(owner, 'And more. ')
  await owner.clock.resume()
  await banner.getByRole('button', { name: 'Keep as a new document' }).click()
  await expect(owner).not.toHaveURL(address)
  await saved(owner)
  expect(await kept(owner, owner.url())).toContain('And more.')
  expect(await kept(owner, owner.url())).toContain('Mine.')
  await expect(text(owner).locator('p')).toHaveCount(1)
  await expect(title(owner)).toHaveValue('Made on a train')
  await owner.goto(server.url)
  await expect(owner.getByRole('link', { name: 'Made on a train' })).toHaveCount(1)
})

test('the offline list holds what was opened since it was fetched', async ({ owner, server }) => {
  await goOffline(owner, server)
  await owner.context().setOffline(false)
  // Made in a tab that never shows the list.
  const address = await newDocument(owner, server)
  await title(owner).fill('Younger than the list')
  await title(owner).press('Enter')
  await type(owner, 'here')
  await saved(owner)
  await owner.evaluate(() => caches.delete('lists'))
  await owner.context().setOffline(true)
  await owner.goto(server.url)
  await owner.getByRole('link', { name: 'Younger than the list' }).click()
  await expect(owner).toHaveURL(address)
  await expect(text(owner)).toContainText('here')
})

test('a document made offline is renamed and put into the trash from the list, and so it arrives', async ({
  owner,
  server,
}) => {
  await goOffline(owner, server)
  const renamed = await make(owner)
  await owner.keyboard.type('To be renamed.')
  await expect(status(owner)).toContainText('kept on this device')
  await owner.goto(server.url)
  const trashed = await make(owner)
  await owner.keyboard.type('To be thrown away.')
  await expect(status(owner)).toContainText('kept on this device')
  await owner.goto(server.url)
  const card = (address: string) =>
    owner.getByRole('listitem').filter({ has: owner.locator(`a[href="${new URL(address).pathname}"]`) })
  const choose = async (address: string, entry: string) => {
    await card(address)
      .getByRole('button', { name: /^Actions/ })
      .click()
    await owner.getByRole('menuitem', { name: entry }).click()
  }
  const rename = async (address: string, title: string) => {
    await choose(address, 'Rename')
    await owner.getByRole('textbox', { name: 'Document title' }).fill(title)
    await owner.keyboard.press('Enter')
    await expect(card(address)).toContainText(title)
  }
  await expect(card(renamed)).toContainText('Not sent yet')
  await rename(renamed, 'Named on a train')
  await rename(trashed, 'Thrown out of a train')
  await choose(trashed, 'Move to trash')
  await expect(card(trashed)).toHaveCount(0)
  await owner.getByRole('button', { name: 'Undo' }).click()
  await choose(trashed, 'Move to trash')
  await expect(card(trashed)).toHaveCount(0)
  await owner.context().setOffline(false)
  await expect.poll(() => kept(owner, renamed)).toBe('To be renamed.')
  await expect(card(renamed)).not.toContainText('Not sent yet')
  await expect(card(renamed)).toContainText('Named on a train')
  await owner.goto(`${server.url}/trash`)
  const thrown = owner.getByRole('listitem').filter({ hasText: 'Thrown out of a train' })
  await expect(thrown).toHaveCount(1)
  await thrown.getByRole('button', { name: /^Actions/ }).click()
  await owner.getByRole('menuitem', { name: 'Restore' }).click()
  await expect.poll(() => kept(owner, trashed)).toBe('To be thrown away.')
})
