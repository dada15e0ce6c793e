/** Everybody can use every screen. */
import { PROVE, test } from '../fixtures'
import { examine, listAndAccount, openDocument, setUpAndSignIn, whatGoesWrong } from '../screens'

test.describe('axe finds nothing, light and dark, wide and narrow [FM-163]', () => {
  test.setTimeout(PROVE ? 240_000 : 120_000)

  test('setting up and signing in', async ({ browser }) => {
    await setUpAndSignIn(browser, examine)
  })

  test('list, trash, account and invitation', async ({ owner, server }) => {
    await listAndAccount(owner, server, examine)
  })

  test('an open document and its dialogs', async ({ owner, server }) => {
    await openDocument(owner, server, examine)
  })

  test('what a person sees when something goes wrong', async ({ owner, server }) => {
    await whatGoesWrong(owner, server, examine)
  })
})
