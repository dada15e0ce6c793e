/** Languages, and writing from right to left. */
import type { Page } from '@playwright/test'
import { expect, newDocument, OWNER, saved, share, test, visitor } from '../fixtures'
import { examine } from '../screens'

const html = (page: Page) => page.locator('html')

/** Pairs of controls of the header that lie on each other. */
async function overlaps(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const controls = [...document.querySelectorAll<HTMLElement>('header :is(a, button, input)')].filter(
      (element) => element.getClientRects().length > 0,
    )
    const found: string[] = []
    for (const [index, one] of controls.entries()) {
      const a = one.getBoundingClientRect()
      for (const two of controls.slice(index + 1)) {
        const b = two.getBoundingClientRect()
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left)
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)
        if (wide > 1 && high > 1) found.push(`${one.outerHTML.slice(0, 80)} / ${two.outerHTML.slice(0, 80)}`)
      }
    }
    return found
  })
}

test('Arabic mirrors list, document and dialog: nothing overlaps, axe finds nothing', async ({ owner, server }) => {
  test.setTimeout(120_000)
  const address = await newDocument(owner, server)
  await owner.goto(`${server.url}/?lang=ar`)
  await owner.getByRole('heading', { name: 'المستندات' }).waitFor()
  await expect(html(owner)).toHaveAttribute('lang', 'ar')
  await expect(html(owner)).toHaveAttribute('dir', 'rtl')
  const left = async (name: string | RegExp, role: 'link' | 'button') =>
    (await owner.getByRole('banner').getByRole(role, { name }).boundingBox())?.x ?? Number.NaN
  expect(await left('Quire', 'link')).toBeGreaterThan(await left(/^حساب/, 'button'))
  await examine(owner, 'documents-ar')
  await owner.goto(address)
  const text = owner.getByRole('textbox', { name: 'نص المستند' })
  await text.click()
  await owner.keyboard.type('كتابة من اليمين إلى اليسار')
  await expect(owner.getByTestId('status')).toHaveText('تم الحفظ')
  for (const width of [1440, 390]) {
    await owner.setViewportSize({ width, height: 844 })
    expect(await overlaps(owner), `${width} px`).toEqual([])
  }
  expect(await left('المستندات', 'link')).toBeGreaterThan(await left(/^حساب/, 'button'))
  // The text starts at the right edge of the sheet.
  const [sheet, words] = await text.evaluate((element) => {
    const range = document.createRange()
    range.selectNodeContents(element.querySelector('p') ?? element)
    return [element.getBoundingClientRect(), range.getBoundingClientRect()]
  })
  expect(sheet.right - words.right).toBeLessThan(words.left - sheet.left)
  await examine(owner, 'document-ar')
  await owner.getByRole('button', { name: 'مشاركة' }).click()
  await owner.getByRole('dialog').getByRole('radio').first().waitFor()
  await examine(owner, 'share-ar')
})

test('in Arabic the keys of an inner menu are mirrored, and the box of a task speaks Arabic', async ({
  owner,
  server,
}) => {
  await owner.goto(`${await newDocument(owner, server)}?lang=ar`)
  await owner.getByRole('textbox', { name: 'نص المستند' }).click()
  await owner.keyboard.type('[ ] مهمة')
  await expect(owner.getByRole('checkbox', { name: 'منجزة: مهمة' })).toBeVisible()
  await owner.getByRole('menubar').getByRole('menuitem').first().focus()
  const download = owner.getByRole('menuitem', { name: 'تنزيل بصيغة' })
  await owner.keyboard.press('Enter')
  await expect(owner.getByRole('menu').locator(':focus')).toHaveCount(1)
  await expect(async () => {
    await owner.keyboard.press('ArrowDown')
    await expect(download).toBeFocused({ timeout: 200 })
  }).toPass()
  for (const key of ['ArrowLeft', 'Enter']) {
    await expect(download).toBeFocused()
    await owner.keyboard.press(key)
    await expect(owner.getByRole('menuitem', { name: 'Markdown' })).toBeFocused()
    await owner.keyboard.press('ArrowRight')
  }
  await expect(download).toBeFocused()
})

test('the language of the account comes along to another browser', async ({ owner, server }) => {
  await owner.goto(`${server.url}/account`)
  await owner.getByRole('combobox', { name: 'Language' }).click()
  await owner.getByRole('option', { name: 'Deutsch' }).click()
  await expect(owner.getByRole('heading', { name: 'Konto', exact: true })).toBeVisible()
  await expect(html(owner)).toHaveAttribute('lang', 'de')
  const other = await owner.context().browser()?.newContext({ locale: 'en-GB' })
  const page = await other?.newPage()
  if (!page) throw new Error('no browser')
  await page.goto(server.url)
  await page.getByRole('textbox', { name: 'Email' }).fill(OWNER.email)
  await page.getByRole('textbox', { name: 'Password' }).fill(OWNER.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Dokumente' }).waitFor()
  await page.setViewportSize({ width: 390, height: 844 })
  await expect(page.getByRole('link', { name: 'Papierkorb' })).toBeInViewport({ ratio: 1 })
  await expect(page).toHaveTitle('Dokumente – Quire')
  await page.goto(`${server.url}/account`)
  await page.getByRole('combobox', { name: 'Sprache' }).click()
  await page.getByRole('option', { name: 'English' }).click()
  await expect(page.getByRole('heading', { name: 'Account', exact: true })).toBeVisible()
  await other?.close()
})

test('a visitor’s choice of language is remembered, and the browser’s own is the start', async ({ owner, server }) => {
  await newDocument(owner, server)
  await saved(owner)
  const link = await share(owner, 'edit')
  const german = await owner.context().browser()?.newContext({ locale: 'de-AT' })
  const page = await german?.newPage()
  if (!page) throw new Error('no browser')
  await page.goto(link)
  await page.getByRole('button', { name: /^Sie sind Gast/ }).click()
  await page.getByRole('menuitem', { name: 'Namen ändern' }).click()
  await page.getByRole('combobox', { name: 'Sprache' }).click()
  await page.getByRole('option', { name: 'English' }).click()
  await page.getByRole('dialog', { name: 'Change your name' }).waitFor()
  await page.reload()
  await expect(page.getByRole('button', { name: /^You are Gast/ })).toBeVisible()
  await expect(html(page)).toHaveAttribute('lang', 'en')
  await german?.close()
})

test('the signs of a list stand where its words begin, whatever their direction', async ({ owner, server }) => {
  await newDocument(owner, server)
  const text = owner.getByRole('textbox', { name: 'Document text' })
  await text.click()
  await owner.keyboard.type('- عنصر\nitem')
  const items = text.getByRole('listitem')
  await expect(items.first()).toHaveCSS('direction', 'rtl')
  await expect(items.nth(1)).toHaveCSS('direction', 'ltr')
  // There is room for them on their side.
  const [list, right, left] = await Promise.all(
    [text.getByRole('list'), items.first(), items.nth(1)].map((part) => part.boundingBox()),
  )
  if (!list || !right || !left) throw new Error('no list')
  expect(list.x + list.width - (right.x + right.width)).toBeGreaterThan(15)
  expect(left.x - list.x).toBeGreaterThan(15)
})

test('tables and quotes stand as their words run, whatever language the menus have', async ({ owner, server }) => {
  await newDocument(owner, server)
  await owner
    .locator('.sheet-text')
    .evaluate((element: HTMLElement) =>
      element.editor?.commands.setContent(
        '<table><tr><td></td><td>first</td><td>second</td></tr></table><blockquote><p>words</p></blockquote>' +
          '<table><tr><td>1</td><td>أول</td><td>ثان</td></tr></table><blockquote><p>كلمات</p></blockquote>',
      ),
    )
  await saved(owner)
  const arabic = await owner.context().browser()?.newContext({ locale: 'ar' })
  const guest = await arabic?.newPage()
  if (!guest) throw new Error('no browser')
  await guest.goto(await share(owner, 'edit'))
  await expect(html(guest)).toHaveAttribute('dir', 'rtl')
  for (const page of [owner, guest]) {
    const [tables, quotes] = [page.getByRole('table'), page.getByRole('blockquote')]
    await expect(tables.first()).toHaveCSS('direction', 'ltr')
    await expect(tables.nth(1)).toHaveCSS('direction', 'rtl')
    await expect(quotes.first()).toHaveCSS('direction', 'ltr')
    await expect(quotes.nth(1)).toHaveCSS('direction', 'rtl')
    const left = async (cell: string) => (await page.getByRole('cell', { name: cell }).boundingBox())?.x ?? Number.NaN
    expect(await left('first')).toBeLessThan(await left('second'))
    expect(await left('أول')).toBeGreaterThan(await left('ثان'))
  }
  // It turns with what is written into it.
  await owner.getByRole('cell').first().click()
  await owner.keyboard.type('عنصر')
  await expect(guest.getByRole('table').first()).toHaveCSS('direction', 'rtl')
  await arabic?.close()
})

test('the sign of an item stays on its side while somebody else’s caret is at its end, or begins an item', async ({
  owner,
  server,
}) => {
  await newDocument(owner, server)
  const text = owner.getByRole('textbox', { name: 'Document text' })
  await text.click()
  await owner.keyboard.type('- عنصر\n')
  await owner.keyboard.press('Tab')
  await owner.keyboard.type('item')
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  const items = guest.getByRole('textbox', { name: 'Document text' }).getByRole('listitem')
  await expect(items.nth(1)).toContainText('item')
  await expect(items.nth(1)).toHaveCSS('direction', 'ltr')
  await text.click()
  await owner.keyboard.press('Control+End')
  await expect(items.nth(1).locator('.caret')).toBeVisible()
  await expect(items.nth(1)).toHaveCSS('direction', 'ltr')
  // An empty item follows the one around it, also with a caret in it.
  await owner.keyboard.press('Enter')
  await expect(items.nth(2).locator('.caret')).toBeVisible()
  await expect(items.nth(2)).toHaveCSS('direction', 'rtl')
  await owner.keyboard.type('more')
  await expect(items.nth(2)).toHaveCSS('direction', 'ltr')
  await context.close()
})
