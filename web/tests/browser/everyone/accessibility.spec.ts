/** Everybody can use every screen. */
import { PROVE, signIn, test } from '../fixtures'
import { examine, listAndAccount, openDocument, setUpAndSignIn, whatGoesWrong } from '../screens'
import { QuireServer } from '../server'

test.describe('axe finds nothing, light and dark, wide and narrow [FM-163]', () => {
  test.setTimeout(PROVE ? 240_000 : 120_000)

  test('setting up and signing in', async ({ browser }) => {
    await setUpAndSignIn(browser, examine)
  })

  test('list, trash, account and invitation', async ({ browser }) => {
    // Its list has one document only, and is empty then.
    const server = await QuireServer.start()
    const context = await browser.newContext()
    const page = await context.newPage()
    await signIn(page, server)
    await listAndAccount(page, server, examine)
    await context.close()
    await server.discard()
  })

  test('an open document and its dialogs', async ({ owner, server }) => {
    await openDocument(owner, server, examine)
  })

  test('what a person sees when something goes wrong', async ({ owner, server }) => {
    await whatGoesWrong(owner, server, examine)
  })
})
