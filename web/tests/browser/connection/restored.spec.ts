/** An older backup is put back while people have the documents open: they send what it lacks. */
import type { Page } from '@playwright/test'
import { expect, newDocument, saved, share, signIn, status, test, text, type, visitor, words } from '../fixtures'
import { QuireServer } from '../server'

const content = async (page: Page, url: string) =>
  (await (await page.request.get(`${url.replace('/d/', '/api/v1/documents/')}/content?format=text`)).text()).trim()

test('after an older backup was put back, open browsers send the words that it lacks', async ({ page, own }) => {
  await signIn(page, own)
  const open = await newDocument(page, own)
  await type(page, 'in the backup. ')
  await saved(page)
  const { page: guest, context } = await visitor(page, await share(page, 'edit'))
  const elsewhere = await page.context().newPage()
  const closed = await newDocument(elsewhere, own)
  await type(elsewhere, 'also in the backup. ')
  await saved(elsewhere)
  own.backUp()

  // Documents that the backup will not know: one stays open at a guest's, the other does not.
  const later = await page.context().newPage()
  const unknown = await newDocument(later, own)
  await type(later, 'made later. ')
  const { page: reader, context: readers } = await visitor(later, await share(later, 'edit'))
  const forgotten = await newDocument(elsewhere, own)
  await type(elsewhere, 'made later and closed. ')
  await saved(elsewhere)
  await elsewhere.goto(closed)
  await type(page, 'written later. ')
  await expect(text(guest)).toContainText('written later')
  await type(guest, 'by a guest too. ')
  await expect(text(page)).toContainText('by a guest too')
  await page.keyboard.press('Control+Home')
  for (let letters = 0; letters < 'in '.length; letters += 1) await page.keyboard.press('Delete')
  await type(elsewhere, 'and closed since. ')
  for (const each of [page, guest, elsewhere, later, reader]) await saved(each)
  for (const each of [elsewhere, later]) await each.close()
  const now = await words(page)

  await own.stop('SIGKILL')
  own.restore()
  await own.run()
  await expect.poll(() => content(page, open)).toBe(now.trim())
  for (const each of [page, guest]) {
    await saved(each)
    expect(await words(each)).toBe(now)
  }
  // What is kept on this device of a document that is not open is sent when it is opened.
  const again = await page.context().newPage()
  await again.goto(closed)
  await expect(text(again)).toContainText('and closed since')
  await saved(again)
  expect(await content(again, closed)).toContain('and closed since')
  await expect(status(reader)).toHaveText('Not saved: the server does not know this document')
  await expect(reader.getByRole('alert')).toContainText('kept on this device')
  expect(await words(reader)).toBe('made later. ')
  // Its owner comes back to it.
  await again.goto(unknown)
  await saved(again)
  expect(await content(again, unknown)).toBe('made later.')
  await reader.goto(await share(again, 'edit'))
  await reader.reload()
  await saved(reader)
  // What the list lacks is brought back from this device.
  await again.goto(own.url)
  await expect.poll(() => content(again, forgotten)).toBe('made later and closed.')
  for (const each of [context, readers]) await each.close()
})

test('text above the limit of one update comes back from a browser after an older backup was put back', async ({
  page,
}) => {
  const own = await QuireServer.start({ QUIRE_MAX_FRAME: '700000', QUIRE_MAX_UPDATE: '400000' })
  await signIn(page, own)
  const open = await newDocument(page, own)
  await type(page, 'in the backup. ')
  await saved(page)
  own.backUp()
  for (let paragraph = 0; paragraph < 6; paragraph += 1) {
    await text(page).evaluate((element) => {
      const { editor } = element as HTMLElement & { editor: { commands: { insertContent: (content: object) => void } } }
      editor.commands.insertContent({ type: 'paragraph', content: [{ type: 'text', text: 'x'.repeat(100_000) }] })
    })
    await saved(page)
  }
  await own.stop('SIGKILL')
  own.restore()
  await own.run()
  await expect.poll(async () => (await content(page, open)).length).toBeGreaterThan(600_000)
  await saved(page)
  await own.discard()
})
