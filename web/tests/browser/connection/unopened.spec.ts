/** A server that answers and cannot open the document: that is said, and it is not called a missing network. */
import { expect, newDocument, saved, signIn, status, test, text, type } from '../fixtures'

/** Said on the socket, or with the reason over HTTPS. */
const UNOPENED = /Not saved: (the server cannot open this document now|updates [-\d]+ of \d+ are missing or damaged)/

test('a document that the server cannot read is said to be that, and opens when it can', async ({ browser, own }) => {
  const author = await browser.newPage()
  await signIn(author, own)
  const address = await newDocument(author, own)
  await type(author, 'Words that are stored. ')
  await saved(author)

  await own.stop()
  own.damage()
  await own.run()
  await expect(status(author)).toHaveText(UNOPENED, { timeout: 20_000 })
  await type(author, 'Words that wait. ')

  const other = await browser.newPage()
  await signIn(other, own)
  await other.goto(address)
  await expect(other.getByRole('main')).toContainText(UNOPENED, { timeout: 20_000 })
  await expect(text(other)).toHaveCount(0)

  // Without a server that answers nothing more is said of it.
  await own.stop()
  await expect(status(author)).toContainText('kept on this device', { timeout: 20_000 })
  own.damage()
  await own.run()
  for (const page of [author, other]) {
    await expect(status(page)).toHaveText('Saved', { timeout: 20_000 })
    await expect(text(page)).toContainText('Words that are stored. Words that wait.')
  }
})
