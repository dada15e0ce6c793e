/** Several tabs of one browser with the same document. */
import { expect, newDocument, saved, status, test, text, type, words } from '../fixtures'

test('offline tabs of one browser see each other’s writing at once, and the server gets it once', async ({
  owner,
  server,
}) => {
  const address = await newDocument(owner, server)
  await type(owner, 'online ')
  await saved(owner)
  const second = await owner.context().newPage()
  await second.goto(address)
  await text(second).waitFor()
  await saved(second)
  await owner.context().setOffline(true)
  for (const page of [owner, second]) await expect(status(page)).toContainText('Offline')
  await type(owner, 'first ')
  await expect.poll(() => words(second)).toBe('online first ')
  await type(second, 'second ')
  await expect.poll(() => words(owner)).toBe('online first second ')
  // Undo is each tab's own.
  await owner.keyboard.press('Control+z')
  await expect.poll(() => words(second)).toBe('online second ')
  await owner.keyboard.press('Control+Shift+z')
  await owner.context().setOffline(false)
  for (const page of [owner, second]) {
    await saved(page)
    expect(await words(page)).toBe('online first second ')
  }
})
