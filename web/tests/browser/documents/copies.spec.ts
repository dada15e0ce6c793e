/** Making a copy of a document, from its menus and from the list. */
import AxeBuilder from '@axe-core/playwright'
import { paste } from '../clipboard'
import { expect, newColleague, newDocument, saved, share, test, text, type, visitor } from '../fixtures'

test('a copy has the pictures, keeps them when its source is deleted, and is its maker’s alone', async ({
  owner,
  server,
}) => {
  const source = await newDocument(owner, server)
  await owner.getByRole('textbox', { name: 'Document title' }).fill('Plan')
  await owner.keyboard.press('Enter')
  await type(owner, 'What we do: ')
  await paste(owner, { picture: { name: 'plan.png', width: 120, height: 80 } })
  const picture = text(owner).locator('.picture img')
  await expect(picture).toHaveAttribute('src', /^\/api/)
  await saved(owner)
  await share(owner, 'view')
  const file = owner.getByRole('menubar', { name: 'Menus' }).getByRole('menuitem', { name: 'File' })
  // Words that are not saved yet are in the copy, too.
  await type(owner, 'everything')
  await file.click()
  await owner.getByRole('menuitem', { name: 'Make a copy' }).click()
  await expect(owner).not.toHaveURL(source)
  await expect(owner.getByRole('textbox', { name: 'Document title' })).toHaveValue('Copy of Plan')
  await expect(text(owner)).toContainText('What we do: ')
  await expect(text(owner)).toContainText('everything')
  await owner.getByRole('button', { name: 'Share' }).click()
  await expect(owner.getByRole('radio', { name: 'Have no access' })).toBeChecked()
  await owner.keyboard.press('Escape')

  const { pathname } = new URL(source)
  const { csrf_token: token } = (await (await owner.request.get(`${server.url}/api/v1/session`)).json()) as {
    csrf_token: string
  }
  const headers = { 'X-CSRF-Token': token }
  const address = `${server.url}/api/v1/documents/${pathname.split('/').pop()}`
  await owner.request.delete(address, { headers })
  expect((await owner.request.delete(`${address}/forever`, { headers })).ok()).toBe(true)
  await owner.reload()
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(120)
})

test('a card makes a copy and shows the first lines of both', async ({ owner, server }) => {
  await newDocument(owner, server)
  await owner.getByRole('textbox', { name: 'Document title' }).fill('Recipe')
  await owner.keyboard.press('Enter')
  await type(owner, '# Soup\n- leek\npotato')
  await saved(owner)
  await owner.goto(server.url)
  const card = owner.getByRole('listitem').filter({ hasText: 'Recipe' })
  await card.getByRole('button', { name: 'Actions for Recipe' }).click()
  await owner.getByRole('menuitem', { name: 'Make a copy' }).click()
  await expect(owner.getByText('“Copy of Recipe” is yours alone')).toBeVisible()
  const copy = owner.getByRole('listitem').filter({ hasText: 'Copy of Recipe' })
  await expect(copy.getByTestId('preview')).toHaveText('Soupleekpotato')
  const found = await new AxeBuilder({ page: owner }).analyze()
  expect(found.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
})

test('the list does not wait for previews', async ({ owner, server }) => {
  await newDocument(owner, server)
  await owner.route('**/preview', () => undefined)
  await owner.goto(server.url)
  await owner.getByRole('listitem').first().getByRole('link').click()
  await text(owner).waitFor()
  await owner.unrouteAll({ behavior: 'ignoreErrors' })
})

test('who has only a link to read copies the document into an account, and not without one', async ({
  owner,
  server,
  browser,
}) => {
  await newDocument(owner, server)
  await type(owner, 'Read me')
  await saved(owner)
  const link = await share(owner, 'view')
  const guest = await visitor(owner, link)
  await guest.page.getByRole('menubar', { name: 'Menus' }).getByRole('menuitem', { name: 'File' }).click()
  await expect(guest.page.getByRole('menuitem', { name: 'Print' })).toBeVisible()
  await expect(guest.page.getByRole('menuitem', { name: 'Make a copy' })).toHaveCount(0)
  await guest.context.close()

  const eve = await newColleague(owner)
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(`${server.url}/`)
  await page.getByRole('textbox', { name: 'Email' }).fill(eve.email)
  await page.getByRole('textbox', { name: 'Password' }).fill(eve.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Documents' }).waitFor()
  await page.goto(link)
  await expect(text(page)).toHaveAttribute('contenteditable', 'false')
  await page.getByRole('menubar', { name: 'Menus' }).getByRole('menuitem', { name: 'File' }).click()
  await page.getByRole('menuitem', { name: 'Make a copy' }).click()
  await expect(text(page)).toHaveAttribute('contenteditable', 'true')
  await type(page, ' and write')
  await saved(page)
  await expect(text(page)).toHaveText('Read me and write')
  await expect(text(owner)).toHaveText('Read me')
  await context.close()
})
