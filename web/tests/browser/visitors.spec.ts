/** What somebody without an account can rely on. */
import type { Page } from '@playwright/test'
import { expect, newDocument, saved, share, status, test, text, type, visitor } from './fixtures'

/** Waits until the app is kept, so that the page opens without a network. */
async function keepApp(page: Page): Promise<void> {
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  await page.reload()
  await saved(page)
}

test('a visitor’s words are there after a reload without a network, and arrive when it is back [FM-147]', async ({
  owner,
  server,
}) => {
  await newDocument(owner, server)
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await keepApp(guest)
  await type(guest, 'kept by a visitor ')
  await saved(guest)
  await context.setOffline(true)
  await type(guest, 'without a network ')
  await expect(status(guest)).toContainText('changes kept on this device')
  await guest.reload()
  await expect(text(guest)).toContainText('kept by a visitor without a network')
  await type(guest, 'and on ')
  await context.setOffline(false)
  await saved(guest)
  await expect(text(owner)).toContainText('kept by a visitor without a network and on')

  // Nothing is left to open once access is gone, and the page says so by itself.
  await owner.getByRole('button', { name: 'Share' }).click()
  await owner.getByRole('radio', { name: 'Have no access' }).click()
  await expect(guest.getByRole('alert')).toContainText('You cannot change this document any more')
  await context.setOffline(true)
  await guest.reload()
  await expect(guest.getByRole('heading', { name: 'Quire does not answer' })).toBeVisible()
  await context.setOffline(false)
  await expect(guest.getByRole('heading', { name: 'You have no access' })).toBeVisible()
  await context.close()
})
