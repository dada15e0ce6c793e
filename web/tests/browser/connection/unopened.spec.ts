/** A server that answers and cannot open the document: that is said, and it is not called a missing network. */
import { expect, newDocument, saved, signIn, status, test as base, text, type } from '../fixtures'
import { QuireServer } from '../server'

const UNOPENED = 'Not saved: the server cannot open this document now'

base('a document that the server cannot read is said to be that, and opens when it can', async ({ browser }) => {
  const server = await QuireServer.start()
  const author = await browser.newPage()
  await signIn(author, server)
  const address = await newDocument(author, server)
  await type(author, 'Words that are stored. ')
  await saved(author)

  await server.stop()
  server.damage()
  await server.run()
  await expect(status(author)).toHaveText(UNOPENED, { timeout: 20_000 })
  await type(author, 'Words that wait. ')

  const other = await browser.newPage()
  await signIn(other, server)
  await other.goto(address)
  await expect(other.getByRole('main')).toContainText(UNOPENED, { timeout: 20_000 })
  await expect(text(other)).toHaveCount(0)

  // Without a server that answers nothing more is said of it.
  await server.stop()
  await expect(status(author)).toContainText('kept on this device', { timeout: 20_000 })
  server.damage()
  await server.run()
  for (const page of [author, other]) {
    await expect(status(page)).toHaveText('Saved', { timeout: 20_000 })
    await expect(text(page)).toContainText('Words that are stored. Words that wait.')
  }
  await server.discard()
})
