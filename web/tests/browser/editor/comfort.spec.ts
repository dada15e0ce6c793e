/** What word processors do, and people expect. */
import type { Page } from '@playwright/test'
import { paste } from '../clipboard'
import { expect, newDocument, saved, share, status, test, text, type, words } from '../fixtures'

const LONG = Array.from({ length: 6 }, (_, part) => {
  const lines = Array.from({ length: 30 }, (__, line) => `<p>Line ${line} of part ${part + 1}</p>`).join('')
  return `<h2>Part ${part + 1}</h2>${lines}`
}).join('')

async function long(page: Page): Promise<void> {
  await text(page).click()
  await paste(page, { html: LONG })
  await expect(text(page).locator('h2')).toHaveCount(6)
}

const scrolled = (page: Page) => page.locator('.canvas').evaluate((canvas) => canvas.scrollTop)

test('Ctrl+Home and Ctrl+End show the ends, and the outline leads to a heading and marks its section', async ({
  owner,
  server,
}) => {
  await newDocument(owner, server)
  await long(owner)
  await owner.keyboard.press('Control+Home')
  await expect.poll(() => scrolled(owner)).toBe(0)
  await owner.keyboard.press('Control+End')
  await expect(text(owner).getByText('Line 29 of part 6')).toBeInViewport()
  await owner.keyboard.press('Control+Shift+Home')
  await expect.poll(() => scrolled(owner)).toBe(0)
  expect(await owner.evaluate(() => getSelection()?.toString().length)).toBeGreaterThan(2000)

  const outline = owner.getByRole('navigation', { name: 'Outline' })
  for (const name of ['Part 4', 'Part 2', 'Part 6']) {
    await outline.getByRole('button', { name }).click()
    await expect(outline.locator('[aria-current]')).toHaveText(name)
    const heading = text(owner).getByRole('heading', { name })
    await expect(heading).toBeInViewport()
    const below = await heading.evaluate((element) => {
      const canvas = element.closest('.canvas')
      return element.getBoundingClientRect().top - (canvas?.getBoundingClientRect().top ?? 0)
    })
    // The last part is shorter than the window.
    if (name !== 'Part 6') expect(below).toBeLessThan(60)
  }
})

test('the tools of a table never lie on the row that is written in', async ({ owner, server }) => {
  await newDocument(owner, server)
  await text(owner).click()
  const rows = Array.from({ length: 60 }, (_, row) => `<tr><td>cell ${row}</td><td>right ${row}</td></tr>`).join('')
  await paste(owner, { html: `<table>${rows}</table>` })
  const menu = owner.getByRole('toolbar', { name: 'Table actions' })
  for (const row of [0, 1, 30, 31, 58, 59]) {
    const cell = text(owner).getByText(`right ${row}`, { exact: true })
    await cell.scrollIntoViewIfNeeded()
    await cell.click()
    await expect(menu).toBeVisible()
    await expect
      .poll(async () => {
        const [tools, written] = [await menu.boundingBox(), await cell.boundingBox()]
        return tools && written && (tools.y + tools.height <= written.y || written.y + written.height <= tools.y)
      }, `row ${row}`)
      .toBe(true)
  }
})

test('a picture has a handle at each corner', async ({ owner, server }) => {
  await newDocument(owner, server)
  await text(owner).click()
  await paste(owner, { picture: { name: 'plan.png', width: 400, height: 200 } })
  const picture = text(owner).locator('.picture img')
  await expect(picture).toHaveAttribute('src', /^\/api\//)
  await picture.click()
  await expect(owner.locator('.picture-handle:visible')).toHaveCount(4)
  const handle = owner.locator('.picture-handle[data-end=top][data-side=left]')
  const at = await handle.boundingBox()
  if (!at) throw new Error('no handle')
  await owner.mouse.move(at.x + 7, at.y + 7)
  await owner.mouse.down()
  await owner.mouse.move(at.x + 57, at.y + 32, { steps: 4 })
  await owner.mouse.up()
  await expect.poll(async () => Math.round((await picture.boundingBox())?.width ?? 0)).toBe(300)
})

test('the View menu shows and hides the outline and changes the theme', async ({ owner, server }) => {
  await newDocument(owner, server)
  const choose = async (name: string) => {
    await owner.getByRole('menuitem', { name: 'View' }).click()
    await owner.getByRole('menuitemcheckbox', { name }).click()
  }
  const outline = owner.getByRole('navigation', { name: 'Outline' })
  await expect(outline).toBeVisible()
  await choose('Outline')
  await expect(outline).toBeHidden()
  // As it was left.
  await owner.reload()
  await text(owner).waitFor()
  await expect(outline).toBeHidden()
  await choose('Outline')
  await expect(outline).toBeVisible()
  await choose('Dark theme')
  await expect(owner.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark')
  await choose('Dark theme')
  await expect(owner.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'light')
})

test('in a narrow window the outline lies over the page until a heading is chosen', async ({ owner, server }) => {
  await newDocument(owner, server)
  await long(owner)
  await owner.setViewportSize({ width: 800, height: 700 })
  const outline = owner.getByRole('navigation', { name: 'Outline' })
  await expect(outline).toBeHidden()
  await owner.getByRole('menuitem', { name: 'View' }).click()
  await owner.getByRole('menuitemcheckbox', { name: 'Outline' }).click()
  await outline.getByRole('button', { name: 'Part 2' }).click()
  await expect(outline).toBeHidden()
  await expect(text(owner).getByRole('heading', { name: 'Part 2' })).toBeInViewport()
  await expect(text(owner)).toBeFocused()
})

test('quotation marks are those of the language, straight again by Backspace and undo, in code and when switched off', async ({
  owner,
  server,
}) => {
  const address = await newDocument(owner, server)
  const write = async (what: string) => {
    await text(owner).click()
    await owner.keyboard.press('Control+a')
    await owner.keyboard.press('Backspace')
    await owner.keyboard.type(what)
    return words(owner)
  }
  expect(await write(`"Don't" ('so')`)).toBe('“Don’t” (‘so’)')
  expect(await write(`"" ''`)).toBe('“” ‘’')
  expect(await write('"')).toBe('“')
  await owner.keyboard.press('Backspace')
  expect(await words(owner)).toBe('"')
  expect(await write('so "')).toBe('so “')
  await owner.keyboard.press('Control+z')
  expect(await words(owner)).toBe('so "')
  await owner.keyboard.type('it')
  expect(await words(owner)).toBe('so "it')
  expect(await write('`"a"` "b"')).toBe('"a" “b”')
  await owner.getByRole('menuitem', { name: 'Tools' }).click()
  await owner.getByRole('menuitemcheckbox', { name: 'Smart quotes' }).click()
  expect(await write(`"Don't"`)).toBe(`"Don't"`)
  await owner.getByRole('menuitem', { name: 'Tools' }).click()
  await owner.getByRole('menuitemcheckbox', { name: 'Smart quotes' }).click()
  await saved(owner)
  await owner.goto(`${address}?lang=de`)
  await owner.getByRole('textbox', { name: 'Dokumenttext' }).click()
  await owner.keyboard.press('Control+a')
  await owner.keyboard.press('Backspace')
  await owner.keyboard.type("\"Ja\", 'so' geht's")
  await expect(owner.locator('.sheet-text')).toHaveText('„Ja“, ‚so‘ geht’s')
})

test('redo with nothing left to redo changes nothing', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, 'some words')
  await owner.keyboard.press('Control+z')
  await expect.poll(() => words(owner)).toBe('')
  for (let times = 0; times < 2; times += 1) {
    await owner.keyboard.press('Control+Shift+z')
    await expect.poll(() => words(owner)).toBe('some words')
  }
})

test('a dialog keeps within the policy of the page', async ({ owner, server }) => {
  const refused: string[] = []
  owner.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) refused.push(message.text())
  })
  await newDocument(owner, server)
  await share(owner, 'view')
  await expect(owner.getByRole('dialog')).toBeHidden()
  expect(refused).toEqual([])
})

test('an untitled document is offered its first heading as a title', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, '# Plan of the year')
  const title = owner.getByRole('textbox', { name: 'Document title' })
  // Made in another language, it is untitled all the same.
  for (const untitled of ['Unbenanntes Dokument', 'Untitled document']) {
    await title.focus()
    await expect(title).toHaveValue('Plan of the year')
    await owner.keyboard.press('Control+a')
    await owner.keyboard.type(untitled)
    await owner.keyboard.press('Enter')
    await expect(title).toHaveValue(untitled)
  }
  // Who only passes by changes nothing.
  await title.focus()
  await expect(title).toHaveValue('Plan of the year')
  await text(owner).focus()
  await expect(title).toHaveValue('Untitled document')
  await title.focus()
  await owner.keyboard.press('Escape')
  await expect(title).toHaveValue('Untitled document')
  await title.focus()
  await owner.keyboard.press('Enter')
  await expect(title).toHaveValue('Plan of the year')
  await expect(owner).toHaveTitle(/^Plan of the year/)
  await saved(owner)
  await expect(status(owner)).toHaveText('Saved')
  // A title that somebody gave stays.
  await text(owner).click()
  await owner.keyboard.press('Control+Home')
  await owner.keyboard.type('New ')
  await title.click()
  await expect(title).toHaveValue('Plan of the year')
})
