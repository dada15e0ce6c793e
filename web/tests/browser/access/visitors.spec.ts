/** What somebody without an account can rely on. */
import {
  expect,
  keepApp,
  newColleague,
  newDocument,
  saved,
  share,
  status,
  test,
  text,
  type,
  visitor,
} from '../fixtures'

test.use({ serviceWorkers: 'allow' })

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
  await expect(guest.getByRole('alert')).toContainText('You have no access to this document any more')
  await context.setOffline(true)
  await guest.reload()
  await expect(guest.getByRole('heading', { name: 'Quire does not answer' })).toBeVisible()
  await context.setOffline(false)
  await expect(guest.getByRole('heading', { name: 'You have no access' })).toBeVisible()
  await context.close()
})

test('a document in the trash says so in open tabs, and comes back to them by itself', async ({ owner, server }) => {
  const address = await newDocument(owner, server)
  await type(owner, 'thrown away')
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await expect(text(guest)).toContainText('thrown away')
  const menus = guest.getByRole('menubar')
  await expect(menus).toContainText('Insert')
  await owner.getByRole('menuitem', { name: 'File' }).click()
  await owner.getByRole('menuitem', { name: 'Move to trash' }).click()
  await expect(guest.getByRole('alert')).toContainText('This document is in the trash')
  await expect(menus).not.toContainText('Insert')
  await expect(menus).not.toContainText('Format')
  await owner.goto(address)
  await owner.getByRole('button', { name: 'Restore' }).click()
  await expect(text(owner)).toContainText('thrown away')
  await expect(text(guest)).toHaveAttribute('contenteditable', 'true', { timeout: 15_000 })
  await expect(guest.getByRole('alert')).toHaveCount(0)
  await expect(menus).toContainText('Insert')
  await type(guest, ' and back')
  await saved(guest)
  await expect(text(owner)).toContainText('thrown away and back')
  await context.close()
})

test('a document that is restored where it is open opens at once, without being asked for', async ({
  owner,
  server,
}) => {
  const address = await newDocument(owner, server)
  await type(owner, 'back again')
  await saved(owner)
  await owner.getByRole('menuitem', { name: 'File' }).click()
  await owner.getByRole('menuitem', { name: 'Move to trash' }).click()
  await expect(owner.getByText('is in the trash')).toBeVisible()
  await owner.goto(address)
  const restore = owner.getByRole('button', { name: 'Restore' })
  await restore.waitFor()
  await owner.route(`**/api/v1/documents/${address.split('/').pop()}`, () => undefined)
  await restore.click()
  await saved(owner)
  await type(owner, ' and written in')
  await saved(owner)
  await expect(owner.getByRole('alert')).toHaveCount(0)
})

test('who only looked in is not told of unsaved words when the document goes to the trash', async ({
  owner,
  server,
}) => {
  const address = await newDocument(owner, server)
  await type(owner, 'words of the owner')
  await saved(owner)
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await saved(guest)
  const link = guest.url()
  // Before the browser has noted that the server holds all of this.
  await guest.goto('about:blank')
  await owner.getByRole('menuitem', { name: 'File' }).click()
  await owner.getByRole('menuitem', { name: 'Move to trash' }).click()
  await expect(owner.getByText('is in the trash')).toBeVisible()
  await guest.goto(link)
  // With the text or without: the page may have gone before its database took it.
  await expect(guest.getByText('is in the trash').first()).toBeVisible()
  await expect(guest.getByRole('alert').filter({ hasText: 'words of the owner' })).toHaveCount(0)
  await owner.goto(address)
  await owner.getByRole('button', { name: 'Restore' }).click()
  await saved(guest)
  await context.close()
})

test('a link survives a pause without access, and ends at once when it is reset', async ({ owner, server }) => {
  await newDocument(owner, server)
  const link = await share(owner, 'edit')
  const { page: guest, context } = await visitor(owner, link)
  await owner.getByRole('button', { name: 'Share' }).click()
  const dialog = owner.getByRole('dialog')
  await dialog.getByRole('radio', { name: 'Have no access' }).click()
  await expect(guest.getByRole('alert')).toContainText('You have no access to this document any more')
  await dialog.getByRole('radio', { name: 'Can edit' }).click()
  await expect(dialog.getByTestId('link')).toHaveValue(link)
  await guest.goto(link)
  await guest.reload()
  await saved(guest)

  await dialog.getByRole('button', { name: 'Reset link' }).click()
  await expect(dialog.getByRole('alert')).toContainText('Everyone who has the old link loses access')
  await dialog.getByRole('alert').getByRole('button', { name: 'Reset link' }).click()
  await expect(dialog.getByText('This is a new link')).toBeVisible()
  await expect(guest.getByRole('alert')).toContainText('You have no access to this document any more')
  await expect(dialog.getByTestId('link')).not.toHaveValue(link)
  await context.close()
})

test('a colleague finds what was opened by a link in the list, and can take it out again', async ({
  owner,
  server,
  browser,
}) => {
  await newDocument(owner, server)
  const title = `Common plan ${Date.now()}`
  await owner.getByRole('textbox', { name: 'Document title' }).fill(title)
  await owner.keyboard.press('Enter')
  const link = await share(owner, 'edit')
  const { email, password } = await newColleague(owner)
  const context = await browser.newContext()
  const eve = await context.newPage()
  await eve.goto(`${server.url}/sign-in`)
  await eve.getByRole('textbox', { name: 'Email' }).fill(email)
  await eve.getByRole('textbox', { name: 'Password' }).fill(password)
  await eve.getByRole('button', { name: 'Sign in' }).click()
  await eve.getByRole('heading', { name: 'Documents' }).waitFor()
  const kept = eve.waitForResponse((answer) => answer.url().endsWith('/visit') && answer.ok())
  await eve.goto(link)
  await kept
  await eve.goto(server.url)
  await expect(eve.getByRole('link', { name: title })).toBeVisible()
  await eve.getByRole('link', { name: 'Shared with me' }).click()
  await eve.getByRole('link', { name: title }).click()
  expect(new URL(eve.url()).hash).toBe('')
  await type(eve, 'from the list')
  await saved(eve)
  await expect(text(owner)).toContainText('from the list')
  await eve.goto(`${server.url}/shared`)
  await eve.getByRole('button', { name: `Actions for ${title}` }).click()
  await eve.getByRole('menuitem', { name: 'Remove from my list' }).click()
  await expect(eve.getByText('Nothing shared with you yet')).toBeVisible()
  await context.close()
})
