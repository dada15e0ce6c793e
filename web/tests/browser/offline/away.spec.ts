/** A server that is there and does not answer, or for which something else answers. */
import { expect, keepApp, newDocument, saved, signIn, status, text, type } from '../fixtures'
import { test } from '../network'

test.use({ serviceWorkers: 'allow' })

test('a network that swallows everything leaves no page waiting: kept documents and the list open', async ({
  browser,
  network,
}) => {
  const context = await browser.newContext()
  const page = await context.newPage()
  await signIn(page, network)
  const address = await newDocument(page, network)
  await page.getByRole('textbox', { name: 'Document title' }).fill('Kept here')
  await page.keyboard.press('Enter')
  await type(page, 'before it fell silent')
  await saved(page)
  await keepApp(page)
  network.swallow()
  await page.goto(network.url)
  await expect(page.getByText('No connection to the server')).toBeVisible({ timeout: 20_000 })
  await page.locator(`a[href="${new URL(address).pathname}"]`).click()
  await expect(text(page)).toContainText('before it fell silent')
  await expect(page.getByRole('textbox', { name: 'Document title' })).toHaveValue('Kept here')
  await context.close()
})

test('behind a proxy that answers for the server the list and new documents are those of this device', async ({
  owner,
  server,
}) => {
  const address = await newDocument(owner, server)
  await owner.goto(server.url)
  await owner.getByRole('list', { name: 'List of documents' }).waitFor()
  await owner.route('**/api/**', (route) => route.fulfill({ status: 502, body: '<h1>Bad Gateway</h1>' }))
  await owner.getByRole('link', { name: 'Shared with me' }).click()
  await owner.getByRole('link', { name: 'Documents', exact: true }).click()
  await expect(owner.getByText('No connection to the server')).toBeVisible()
  await expect(owner.locator(`a[href="${new URL(address).pathname}"]`)).toBeVisible()
  await owner.getByTestId('new-document').click()
  await text(owner).waitFor()
})

test('who signs out without a network is asked about unsent words, and is signed out when it is back', async ({
  owner,
  server,
}) => {
  await newDocument(owner, server)
  await keepApp(owner)
  const menu = owner.getByRole('button', { name: /^Account of/ })
  const dialog = owner.getByRole('dialog', { name: 'Some changes are not saved' })
  await owner.context().setOffline(true)
  await type(owner, 'words that nobody else has')
  await expect(status(owner)).toContainText('kept on this device')
  await menu.click()
  await owner.getByRole('menuitem', { name: 'Account', exact: true }).click()
  await owner.getByRole('button', { name: 'Sign out everywhere' }).click()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await expect(dialog).toBeHidden()
  await menu.click()
  await owner.getByRole('menuitem', { name: 'Sign out' }).click()
  await dialog.getByRole('button', { name: 'Sign out and delete them' }).click()
  await owner.getByRole('heading', { name: 'Sign in' }).waitFor()
  await owner.context().setOffline(false)
  await expect
    .poll(async () => (await (await owner.request.get(`${server.url}/api/v1/session`)).json()) as object)
    .toMatchObject({ account: null })
  await expect(owner.getByRole('heading', { name: 'Sign in' })).toBeVisible()
})
