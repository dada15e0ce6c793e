import { join } from 'node:path'
import { expect, saved, share, test, text, visitor } from '../browser/fixtures'

const folder = process.env.QUIRE_IMAGES ?? 'test-results'

for (const scheme of ['light', 'dark'] as const) {
  for (const width of [1440, 390]) {
    test(`screens at ${width} px, ${scheme}`, async ({ owner, server }) => {
      const take = (name: string) => owner.screenshot({ path: join(folder, `${name}-${width}-${scheme}.png`) })
      await owner.setViewportSize({ width, height: width === 390 ? 844 : 900 })
      await owner.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
      await owner.goto(`${server.url}/`)
      await expect(owner.getByTestId('preview').first()).toContainText('Welcome to Quire')
      await take('documents')
      await owner.getByRole('link', { name: 'Welcome to Quire' }).click()
      await text(owner).waitFor()
      await saved(owner)
      const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
      await text(guest).getByText('Nobody', { exact: false }).click()
      await guest.keyboard.press('Shift+Home')
      await owner.locator('.caret').first().waitFor()
      await take('editor')
      await owner.getByRole('button', { name: 'Share' }).click()
      await owner.getByTestId('link').waitFor()
      await take('share')
      await context.close()
      await owner.goto(`${server.url}/account`)
      await owner.getByRole('heading', { name: 'API tokens' }).waitFor()
      await take('account')
      await owner.context().clearCookies()
      await owner.goto(`${server.url}/sign-in`)
      await owner.getByRole('button', { name: 'Sign in' }).waitFor()
      await take('sign-in')
    })
  }
}
