import { expect, newDocument, saved, signIn, status, test, text, type } from './fixtures'
import { QuireServer } from './server'

/** Insert text as one change. */
function insert(element: HTMLElement, characters: number): void {
  const { editor } = element as HTMLElement & { editor: { commands: { insertContent: (text: string) => void } } }
  editor.commands.insertContent('x'.repeat(characters))
}

test('a change that is too big to send is said to be, and not sent again and again [FM-168]', async ({ browser }) => {
  const server = await QuireServer.start({ QUIRE_MAX_FRAME: '300000', QUIRE_MAX_UPDATE: '200000' })
  test.slow()
  const context = await browser.newContext()
  const page = await context.newPage()
  await signIn(page, server)
  const address = await newDocument(page, server)
  const reader = await context.newPage()
  await reader.goto(address)
  await text(reader).waitFor()

  await type(reader, 'before ')
  await expect(text(page)).toContainText('before')
  let connections = 0
  page.on('websocket', () => (connections += 1))
  for (const characters of [250_000, 400_000]) {
    // Above the largest update first, then above the largest message.
    await text(page).evaluate(insert, characters)
  }
  await expect(page.getByRole('alert')).toContainText('too big to be sent')
  await expect(status(page)).toHaveText('Not saved: too big to send')
  // A provider left to itself connects again after a second.
  await page.waitForTimeout(3500)
  expect(connections).toBe(0)

  // The way out that the message names.
  const length = () => text(page).evaluate((element) => element.textContent.length)
  await text(page).focus()
  while ((await length()) > 1000) await page.keyboard.press('Control+z')
  await page.getByRole('button', { name: 'Reload' }).click()
  await saved(page)
  await type(page, 'after')
  await saved(page)
  await expect(text(reader)).toContainText(/before[^]*after/)
  await context.close()
  await server.discard()
})
