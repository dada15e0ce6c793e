/** Forms of accounts: where one begins, and what one is told. */
import { expect, test } from '../fixtures'
import { QuireServer } from '../server'

test('set-up and sign-in begin in the first empty field and say what is wrong in the language of the app', async ({
  browser,
}) => {
  const server = await QuireServer.start()
  const context = await browser.newContext({ locale: 'en-GB' })
  const page = await context.newPage()
  await page.goto(`${server.url}/?lang=de`)
  const field = (name: string) => page.getByRole('textbox', { name })
  await expect(field('Name')).toBeFocused()
  await page.keyboard.type('Ada')
  await page.keyboard.press('Tab')
  await page.keyboard.type('ada')
  await page.keyboard.press('Tab')
  await page.keyboard.type('short')
  await page.keyboard.press('Enter')
  await expect(field('E-Mail')).toBeFocused()
  await expect(field('E-Mail')).toHaveAccessibleDescription(/Das ist keine/)
  await expect(field('Passwort')).toHaveAccessibleDescription(/Verwenden Sie mindestens 10 Zeichen/)
  await field('E-Mail').fill('ada@example.com')
  await expect(field('E-Mail')).not.toHaveAccessibleDescription(/Das ist keine/)
  await field('Passwort').fill('long enough now')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Dokumente' }).waitFor()

  await page.goto(`${server.url}/account`)
  await field('Aktuelles Passwort').fill('long enough now')
  await field('Neues Passwort').fill('short')
  await page.keyboard.press('Enter')
  await expect(field('Neues Passwort')).toHaveAccessibleDescription(/Verwenden Sie mindestens 10 Zeichen/)

  await context.clearCookies()
  await page.goto(`${server.url}/sign-in`)
  await expect(field('E-Mail')).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(field('Passwort')).toHaveAccessibleDescription(/Füllen Sie dieses Feld aus/)
  await context.close()
  await server.discard()
})
