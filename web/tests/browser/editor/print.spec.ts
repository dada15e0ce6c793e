/** What comes out of the printer. */
import { paste } from '../clipboard'
import { expect, newDocument, test, text, type } from '../fixtures'

test('paper holds the document only, and page breaks start a page', async ({ owner, server }) => {
  await owner.emulateMedia({ colorScheme: 'dark' })
  await newDocument(owner, server)
  await type(owner, '# First page')
  await owner.keyboard.press('Enter')
  await owner.keyboard.press('Control+Enter')
  await owner.keyboard.type('second page')
  await owner.keyboard.press('Control+Enter')
  await text(owner).evaluate((element: HTMLElement) => element.editor?.commands.setColor('#00008b'))
  await owner.keyboard.type('third page')
  // A picture taller than a page keeps to one, and the break after it leaves none empty.
  await owner.keyboard.press('Control+Enter')
  await paste(owner, { picture: { name: 'tall.png', width: 400, height: 1600 } })
  await expect(text(owner).locator('.picture img')).toHaveAttribute('src', /^\/api\//)
  await owner.keyboard.press('Control+Enter')
  await owner.keyboard.type('fifth page')
  await owner.emulateMedia({ media: 'print' })
  for (const part of ['banner', 'toolbar', 'menubar', 'navigation'] as const) {
    await expect(owner.getByRole(part)).toHaveCount(0)
  }
  await expect(text(owner).locator('h1')).toHaveCSS('color', 'rgb(0, 0, 0)')
  await expect(text(owner).getByText('third page')).toHaveCSS('color', 'rgb(0, 0, 139)')
  const paper = await owner.pdf({ path: test.info().outputPath('paper.pdf'), format: 'A4' })
  expect(paper.toString('latin1').match(/\/Type\s*\/Page\b/g)).toHaveLength(5)
})

test('a dialog that is open is not printed', async ({ owner, server }) => {
  await newDocument(owner, server)
  await owner.getByRole('button', { name: 'Share' }).click()
  const dialog = owner.getByRole('dialog')
  await dialog.waitFor()
  await owner.emulateMedia({ media: 'print' })
  await expect(dialog).toBeHidden()
  await expect(owner.locator('.mantine-Modal-overlay')).toBeHidden()
})

test('a long document prints in full', async ({ owner, server }) => {
  await newDocument(owner, server)
  await text(owner).click()
  await owner.evaluate(() => {
    const data = new DataTransfer()
    const lines = Array.from({ length: 120 }, (_, line) => `<p>line ${line}</p>`).join('')
    const table = '<table><tr><th>head</th></tr><tr><td>cell</td></tr></table>'
    data.setData('text/html', `${table}<pre>code</pre>${lines}`)
    const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
    document.querySelector('.sheet-text')?.dispatchEvent(event)
  })
  await expect(text(owner)).toContainText('line 119')
  const paper = await owner.pdf({ format: 'A4' })
  expect(paper.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length).toBeGreaterThanOrEqual(3)
  await owner.emulateMedia({ media: 'print' })
  // Repeated on each page, and not cut where one ends.
  await expect(text(owner).locator('tr').first()).toHaveCSS('display', 'table-header-group')
  await expect(text(owner).locator('pre')).toHaveCSS('overflow', 'visible')
})
