/** The menu bar: everything by name, by keyboard, on wide and narrow screens. */
import { expect, newDocument, saved, share, signIn, test, text, type, visitor } from '../fixtures'

test('the menus work from the keyboard and say what is on', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, 'some words')
  await owner.keyboard.press('Control+a')
  const bar = owner.getByRole('menubar', { name: 'Menus' })
  await bar.getByRole('menuitem', { name: 'File' }).focus()
  for (let step = 0; step < 4; step += 1) await owner.keyboard.press('ArrowRight')
  await expect(bar.getByRole('menuitem', { name: 'Format' })).toBeFocused()
  await owner.keyboard.press('ArrowDown')
  await expect(owner.getByRole('menuitem', { name: 'Text', exact: true })).toBeFocused()
  await owner.keyboard.press('ArrowRight')
  const bold = owner.getByRole('menuitemcheckbox', { name: 'Bold' })
  await expect(bold).toBeFocused()
  await expect(bold).toHaveAttribute('aria-checked', 'false')
  await owner.keyboard.press('Enter')
  await expect(text(owner).locator('strong')).toHaveText('some words')
  await expect(text(owner)).toBeFocused()
  await bar.getByRole('menuitem', { name: 'Format' }).click()
  await owner.getByRole('menuitem', { name: 'Text', exact: true }).hover()
  await expect(bold).toHaveAttribute('aria-checked', 'true')
})

test('file and edit: download, find, undo, trash', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, 'to be kept')
  const bar = owner.getByRole('menubar', { name: 'Menus' })
  await bar.getByRole('menuitem', { name: 'Edit' }).click()
  await owner.getByRole('menuitem', { name: 'Find and replace' }).click()
  await expect(owner.getByRole('search')).toBeVisible()
  await owner.keyboard.press('Escape')
  await saved(owner)
  await bar.getByRole('menuitem', { name: 'File' }).click()
  await owner.getByRole('menuitem', { name: 'Download as' }).hover()
  const download = owner.waitForEvent('download')
  await owner.getByRole('menuitem', { name: 'Markdown' }).click()
  expect((await download).suggestedFilename()).toMatch(/\.md$/)
  await bar.getByRole('menuitem', { name: 'Edit' }).click()
  await owner.getByRole('menuitem', { name: 'Undo' }).click()
  await expect(text(owner)).not.toContainText('to be kept')
  await bar.getByRole('menuitem', { name: 'File' }).click()
  await owner.getByRole('menuitem', { name: 'Move to trash' }).click()
  await expect(owner.getByRole('heading', { name: 'Documents' })).toBeVisible()
})

test('cut, copy and paste from the menu, or the keys for it where the browser forbids that', async ({
  browser,
  server,
}) => {
  const context = await browser.newContext()
  const page = await context.newPage()
  await signIn(page, server)
  await newDocument(page, server)
  await type(page, 'moved')
  const choose = async (name: string) => {
    await page.getByRole('menubar', { name: 'Menus' }).getByRole('menuitem', { name: 'Edit' }).click()
    await page.getByRole('menuitem', { name, exact: false }).click()
  }
  await page.keyboard.press('Control+a')
  await page.keyboard.press('Control+b')
  await choose('Cut')
  await expect(text(page)).toHaveText('')
  await context.grantPermissions([])
  await choose('Paste Ctrl+V')
  await expect(page.getByText('Press Ctrl+V in the text')).toBeVisible()
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await choose('Paste Ctrl+V')
  await expect(text(page).locator('strong')).toHaveText('moved')
  await context.close()
})

test('strikethrough and the count of words have the keys of other word processors', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, 'two words')
  await owner.keyboard.press('Control+a')
  await owner.keyboard.press('Alt+Shift+5')
  await expect(text(owner).locator('s')).toHaveText('two words')
  await owner.keyboard.press('Control+Shift+C')
  await expect(owner.getByRole('dialog', { name: 'Word count' })).toBeVisible()
})

test('on a narrow screen one menu holds them all', async ({ owner, server }) => {
  await owner.setViewportSize({ width: 390, height: 800 })
  await newDocument(owner, server)
  await type(owner, 'words')
  await owner.getByRole('button', { name: 'Menu', exact: true }).click()
  await owner.getByRole('menuitem', { name: 'Format' }).click()
  await owner.getByRole('menuitem', { name: 'Paragraph style' }).click()
  await owner.getByRole('menuitemcheckbox', { name: 'Heading 2' }).click()
  await expect(text(owner).locator('h2')).toHaveText('words')
})

test('who may only read finds no menu that changes the text', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, 'read me')
  const { page, context } = await visitor(owner, await share(owner, 'view'))
  const bar = page.getByRole('menubar', { name: 'Menus' })
  await expect(bar.getByRole('menuitem')).toHaveText(['File', 'Edit', 'View', 'Tools', 'Help'])
  await bar.getByRole('menuitem', { name: 'File' }).click()
  await expect(page.getByRole('menuitem', { name: 'Print' })).toBeVisible()
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+f')
  await expect(page.getByRole('search', { name: 'Find', exact: true }).getByRole('textbox')).toHaveCount(1)
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+/')
  const shortcuts = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
  await expect(shortcuts.getByRole('row', { name: 'Word count' })).toBeVisible()
  await expect(shortcuts.getByRole('row', { name: 'Bold' })).toHaveCount(0)
  await context.close()
})

test('a guest is offered nothing that takes an account, and may rename with the right to edit', async ({
  owner,
  server,
}) => {
  await newDocument(owner, server)
  const { page, context } = await visitor(owner, await share(owner, 'edit'))
  await page.getByRole('menubar', { name: 'Menus' }).getByRole('menuitem', { name: 'File' }).click()
  await expect(page.getByRole('menu', { name: 'File' }).getByRole('menuitem')).toHaveText([
    'Rename',
    'Download as',
    /^Print/,
  ])
  await page.keyboard.press('Escape')
  await expect(page.getByRole('button', { name: 'Share' })).toHaveCount(0)
  const title = page.getByRole('textbox', { name: 'Document title' })
  await title.fill('Named by a guest')
  await page.keyboard.press('Enter')
  await expect(owner.getByRole('textbox', { name: 'Document title' })).toHaveValue('Named by a guest')
  await context.close()
})

test('who may only read selects and copies everything from the menu', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, 'read me')
  const { page, context } = await visitor(owner, await share(owner, 'view'))
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const choose = async (name: string) => {
    await page.getByRole('menubar', { name: 'Menus' }).getByRole('menuitem', { name: 'Edit' }).click()
    await page.getByRole('menuitem', { name }).click()
  }
  await page.getByRole('menubar', { name: 'Menus' }).getByRole('menuitem', { name: 'Edit' }).click()
  await expect(page.getByRole('menuitem', { name: 'Copy' })).toBeDisabled()
  await page.keyboard.press('Escape')
  await choose('Select all')
  await choose('Copy')
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('read me')
  await context.close()
})

test('Markdown is pasted as what it says, also where one sign would prove nothing', async ({ browser, server }) => {
  const context = await browser.newContext()
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const page = await context.newPage()
  await signIn(page, server)
  await newDocument(page, server)
  await page.evaluate(() => navigator.clipboard.writeText('Only **one** sign'))
  await page.getByRole('menubar', { name: 'Menus' }).getByRole('menuitem', { name: 'Edit' }).click()
  await page.getByRole('menuitem', { name: 'Paste from Markdown' }).click()
  await expect(text(page).locator('strong')).toHaveText('one')
  await expect(text(page)).toHaveText('Only one sign')
  await page.keyboard.press('Control+z')
  await expect(text(page)).toHaveText('Only **one** sign')
  await context.close()
})
