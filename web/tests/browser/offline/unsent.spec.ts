/** Work that meets a changed role, an ended session, another title: nothing is discarded unseen. */
import type { Page } from '@playwright/test'
import {
  expect,
  newColleague,
  newDocument,
  OWNER,
  saved,
  share,
  signIn,
  status,
  test,
  text,
  type,
  visitor,
  words,
} from '../fixtures'
import { QuireServer } from '../server'

const content = async (page: Page) => {
  const answer = await page.request.get(page.url().replace('/d/', '/api/v1/documents/') + '/content?format=text')
  return (await answer.text()).trim()
}

test('who loses the right to write with 200 unsent words sees why and gets exactly those [FM-159] [FM-158]', async ({
  owner,
  server,
}) => {
  await newDocument(owner, server)
  await type(owner, 'common ground. ')
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await type(guest, 'Sent in time. ')
  await saved(guest)
  const unsent = Array.from({ length: 200 }, (_, index) => `word${index}`).join(' ')
  await context.setOffline(true)
  await text(guest).click()
  await guest.keyboard.press('Control+End')
  await guest.keyboard.insertText(unsent)
  await share(owner, 'view')
  await type(owner, 'Meanwhile. ')
  await context.setOffline(false)
  await expect(status(guest)).toContainText('you may not change this document any more')
  await expect(text(guest)).toHaveAttribute('contenteditable', 'false')
  const panel = guest.getByRole('alert')
  await expect(panel).toContainText('You may not change this document any more')
  await expect(panel.getByTestId('stranded')).toHaveText(unsent)
  const [download] = await Promise.all([
    guest.waitForEvent('download'),
    panel.getByRole('button', { name: 'Download' }).click(),
  ])
  let file = ''
  for await (const chunk of await download.createReadStream()) file += String(chunk)
  expect(file).toBe(unsent)
  expect(await content(owner)).not.toContain('word')

  // A reload forgets nothing; only "discard" does, and then the page shows what the document really holds.
  await guest.reload()
  await expect(panel.getByTestId('stranded')).toHaveText(unsent)
  await panel.getByRole('button', { name: 'Discard' }).click()
  await expect.poll(() => words(guest)).toBe('common ground. Sent in time. Meanwhile. ')
  await saved(guest)
  await expect(guest.getByRole('alert')).toHaveCount(0)
  await context.close()
})

test('who gets the right to write back has the stranded words sent after all', async ({ owner, server }) => {
  await newDocument(owner, server)
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await context.setOffline(true)
  await type(guest, 'late but not lost')
  await share(owner, 'view')
  await context.setOffline(false)
  await expect(guest.getByTestId('stranded')).toHaveText('late but not lost')
  await share(owner, 'edit')
  await saved(guest)
  await expect.poll(() => words(owner)).toBe('late but not lost')
  await expect(guest.getByRole('alert')).toHaveCount(0)
  await context.close()
})

test('lost access takes the local copy along, but not the words that nobody else has [FM-158]', async ({
  owner,
  server,
}) => {
  await newDocument(owner, server)
  await type(owner, 'no longer theirs. ')
  const link = await share(owner, 'edit')
  const [writer, reader] = [await visitor(owner, link), await visitor(owner, link)]
  await saved(writer.page)
  await writer.context.setOffline(true)
  await type(writer.page, 'only here')
  await owner.getByRole('button', { name: 'Share' }).click()
  await owner.getByRole('radio', { name: 'Have no access' }).click()
  await expect(owner.getByRole('radio', { name: 'Have no access' })).toBeChecked()
  await writer.context.setOffline(false)
  await expect(writer.page.getByTestId('stranded')).toHaveText('only here')
  await writer.page.getByRole('button', { name: 'Discard' }).click()
  await expect(writer.page.getByRole('heading', { name: 'You have no access' })).toBeVisible()
  for (const { page, context } of [writer, reader]) {
    await expect
      .poll(() =>
        page.evaluate(async () => (await indexedDB.databases()).filter(({ name }) => name?.startsWith('quire:'))),
      )
      .toEqual([])
    await context.close()
  }
})

for (const choice of ['mine', 'theirs'] as const) {
  test(`a title given offline and another given meanwhile are both shown; ${choice} is kept [FM-158]`, async ({
    owner,
    server,
  }) => {
    await newDocument(owner, server)
    const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
    const title = (page: Page) => page.getByRole('textbox', { name: 'Document title' })
    await owner.context().setOffline(true)
    await title(owner).fill('Title of the train')
    await title(owner).press('Enter')
    await expect(title(owner)).toHaveValue('Title of the train')
    await title(guest).fill('Title of the office')
    await title(guest).press('Enter')
    await expect(title(guest)).toHaveValue('Title of the office')
    await owner.context().setOffline(false)
    const dialog = owner.getByRole('dialog', { name: 'Renamed twice' })
    await expect(dialog).toContainText('Title of the train')
    await expect(dialog).toContainText('Title of the office')
    await owner.keyboard.press('Escape')
    await dialog.getByRole('button', { name: choice === 'mine' ? 'Use' : 'Keep' }).click()
    const kept = choice === 'mine' ? 'Title of the train' : 'Title of the office'
    for (const page of [owner, guest]) await expect(title(page)).toHaveValue(kept)
    const answer = await owner.request.get(owner.url().replace('/d/', '/api/v1/documents/'))
    expect(((await answer.json()) as { title: string }).title).toBe(kept)
    await context.close()
  })
}

test('a session that ends in mid-word keeps the text, and the same person goes on over it [FM-119]', async ({
  owner,
  server,
}) => {
  await newDocument(owner, server)
  await type(owner, 'a word in the mid')
  await saved(owner)
  await endSession(owner)
  const dialog = owner.getByRole('dialog', { name: 'You are signed out' })
  await expect(dialog).toBeVisible()
  await expect(text(owner)).toContainText('a word in the mid')
  // Looking at another window and back asks the server who is here: the document stays open.
  await owner.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  await dialog.getByRole('textbox', { name: 'Email' }).fill(OWNER.email)
  await dialog.getByRole('textbox', { name: 'Password' }).fill(OWNER.password)
  await dialog.getByRole('button', { name: 'Sign in' }).click()
  await expect(dialog).toBeHidden()
  await saved(owner)
  await type(owner, 'dle')
  await saved(owner)
  expect(await content(owner)).toBe('a word in the middle')
})

test('somebody else who signs in over it sends nothing of the first person [FM-119]', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, 'sent. ')
  await share(owner, 'edit')
  const other = await newColleague(owner)
  await saved(owner)
  await owner.context().setOffline(true)
  await type(owner, 'unsent of Ada')
  await expect(status(owner)).toContainText('13 changes')
  await endSession(owner)
  await owner.context().setOffline(false)
  const dialog = owner.getByRole('dialog', { name: 'You are signed out' })
  await dialog.getByRole('textbox', { name: 'Email' }).fill(other.email)
  await dialog.getByRole('textbox', { name: 'Password' }).fill(other.password)
  await dialog.getByRole('button', { name: 'Sign in' }).click()
  await expect(owner.getByRole('heading', { name: 'You have no access' })).toBeVisible()
  await expect(owner.getByText('unsent of Ada')).toHaveCount(0)

  // Ada finds them when she signs in again, and only then are they sent.
  await owner.getByRole('button', { name: /^Account of/ }).click()
  const address = owner.url()
  await owner.context().clearCookies()
  await owner.goto(`${server.url}/sign-in`)
  await owner.getByRole('textbox', { name: 'Email' }).fill(OWNER.email)
  await owner.getByRole('textbox', { name: 'Password' }).fill(OWNER.password)
  await owner.getByRole('button', { name: 'Sign in' }).click()
  await owner.getByRole('heading', { name: 'Documents' }).waitFor()
  await owner.goto(address)
  await saved(owner)
  expect(await content(owner)).toBe('sent. unsent of Ada')
})

/** Ends the session on the server, as expiry or another device would. */
async function endSession(page: Page): Promise<void> {
  const context = page.context()
  const { origin } = new URL(page.url())
  // Requests of the context do not go through the page, so its emulated network does not matter.
  const session = (await (await context.request.get(`${origin}/api/v1/session`)).json()) as { csrf_token: string }
  const cookies = await context.cookies()
  await context.request.delete(`${origin}/api/v1/session`, { headers: { 'X-CSRF-Token': session.csrf_token } })
  // The browser still sends what it had: only the server knows.
  await context.addCookies(cookies)
}

/** Collects what the status says from now on. */
async function allThatIsSaid(page: Page): Promise<() => Promise<string[]>> {
  const said = await status(page).evaluateHandle((badge) => {
    const texts: string[] = []
    new MutationObserver(() => texts.push(badge.textContent ?? '')).observe(badge, {
      characterData: true,
      childList: true,
      subtree: true,
    })
    return texts
  })
  return () => said.jsonValue()
}

test('words that a document in the trash did not get are kept, said so, and sent when it is restored [FM-158]', async ({
  owner,
  server,
}) => {
  const address = await newDocument(owner, server)
  await type(owner, 'thrown away. ')
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await saved(guest)
  await context.setOffline(true)
  await type(guest, 'but not these')
  await owner.getByRole('menuitem', { name: 'File' }).click()
  await owner.getByRole('menuitem', { name: 'Move to trash' }).click()
  await expect(owner.getByText('is in the trash')).toBeVisible()
  await context.setOffline(false)
  const panel = guest.getByRole('alert')
  await expect(panel).toContainText('This document is in the trash')
  await expect(panel).toContainText('kept on this device and sent when it is restored')
  await expect(panel.getByTestId('stranded')).toHaveText('but not these')
  await expect(status(guest)).toHaveText('Not saved: this document is in the trash')
  const said = await allThatIsSaid(guest)
  await owner.goto(address)
  await owner.getByRole('button', { name: 'Restore' }).click()
  await saved(guest)
  await expect(guest.getByRole('alert')).toHaveCount(0)
  expect(await said()).not.toContain('Not saved: you may not change this document any more')
  await expect(text(owner)).toContainText('thrown away. but not these')
  await context.close()
})

test('what the server can never store leaves every screen, and its author keeps the words [FM-060]', async ({
  owner,
}) => {
  const server = await QuireServer.start()
  await signIn(owner, server)
  await newDocument(owner, server)
  await type(owner, 'common ground. ')
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await saved(guest)
  server.refuse('poison')
  await text(guest).click()
  await guest.keyboard.press('Control+End')
  await guest.keyboard.insertText('poison')
  await expect(guest.getByTestId('stranded')).toHaveText('poison')
  await expect(guest.getByRole('alert')).toContainText('cannot store a part of this document')
  await expect(status(guest)).toHaveText('Not saved: the server cannot store it')
  // The owner has nothing to lose: the page loads what is stored, and goes on.
  // A page that is on its way cannot be read.
  const shown = (page: Page) => words(page).catch(() => 'loading')
  await expect.poll(() => shown(owner)).toBe('common ground. ')
  await type(owner, 'It goes on. ')
  await saved(owner)
  await guest.getByRole('button', { name: 'Discard' }).click()
  await expect.poll(() => shown(guest)).toBe('common ground. It goes on. ')
  await type(guest, 'For both.')
  await saved(guest)
  await expect(text(owner)).toContainText('For both.')
  await context.close()
  await server.discard()
})
