/** Whoever loses access while a document is open is told so at once, by everything on the page. */
import type { Page } from '@playwright/test'
import { expect, newDocument, OWNER, saved, share, status, test, text, type, visitor } from '../fixtures'

const people = (page: Page) => page.getByTestId('person')
const carets = (page: Page) => text(page).locator('.caret')

for (const role of ['view', 'edit'] as const) {
  test(`a link that is withdrawn leaves no "Saved", no people and no "Viewing" to who could ${role}`, async ({
    owner,
    server,
  }) => {
    await newDocument(owner, server)
    await type(owner, 'was readable')
    const { page: guest, context } = await visitor(owner, await share(owner, role))
    await saved(guest)
    await expect(people(guest)).toHaveCount(1)
    await text(owner).click()
    await expect(carets(guest)).toHaveCount(1)
    await owner.getByRole('button', { name: 'Share' }).click()
    await owner.getByRole('radio', { name: 'Have no access' }).click()
    await expect(status(guest)).toHaveText('No access any more')
    await expect(guest.getByRole('alert')).toContainText('You have no access to this document any more')
    await expect(people(guest)).toHaveCount(0)
    await expect(carets(guest)).toHaveCount(0)
    await expect(guest.getByText('Viewing', { exact: true })).toHaveCount(0)
    await expect(text(guest)).toHaveAttribute('contenteditable', 'false')
    // The owner sees the guest go, too.
    await owner.keyboard.press('Escape')
    await expect(people(owner)).toHaveCount(0)
    await context.close()
  })
}

test('who is signed out elsewhere sees that, not "Saved", and finds everyone again after signing in', async ({
  owner,
  server,
}) => {
  await newDocument(owner, server)
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await expect(people(owner)).toHaveCount(1)
  const { csrf_token: token } = (await (await owner.request.get(`${server.url}/api/v1/session`)).json()) as {
    csrf_token: string
  }
  await owner.request.delete(`${server.url}/api/v1/session`, { headers: { 'X-CSRF-Token': token } })
  await expect(status(owner)).toHaveText('You are signed out')
  await expect(people(owner)).toHaveCount(0)
  const dialog = owner.getByRole('dialog', { name: 'You are signed out' })
  await dialog.getByRole('textbox', { name: 'Email' }).fill(OWNER.email)
  await dialog.getByRole('textbox', { name: 'Password' }).fill(OWNER.password)
  await dialog.getByRole('button', { name: 'Sign in' }).click()
  await saved(owner)
  await expect(people(owner)).toHaveCount(1)
  await expect(people(guest)).toHaveCount(1)
  await context.close()
})
