/** Where the caret goes beside tables, pictures, rules and code, and what can be written there. */
import type { Page } from '@playwright/test'
import { paste } from '../clipboard'
import { expect, newDocument, test, text, type } from '../fixtures'

/** The kinds of the document's blocks, in order, with their words. */
async function blocks(page: Page): Promise<string[]> {
  return text(page).evaluate((element: HTMLElement) => {
    const found: string[] = []
    element.editor?.state.doc.forEach((node) => found.push(`${node.type.name} ${node.textContent}`.trim()))
    return found
  })
}

/** Presses a key that moves the caret, and waits until the editor has heard of it. */
async function move(page: Page, key: string): Promise<void> {
  const place = () => text(page).evaluate((element: HTMLElement) => element.editor?.state.selection.head)
  const before = await place()
  await page.keyboard.press(key)
  await expect.poll(place).not.toBe(before)
}

async function table(page: Page): Promise<void> {
  await page.keyboard.type('/table')
  await page.keyboard.press('Enter')
  await expect(text(page).locator('table')).toHaveCount(1)
}

test('typing goes on behind a picture, a rule and a page break', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, 'one')
  await paste(owner, { picture: { name: 'plan.png', width: 40, height: 20 } })
  await owner.keyboard.type('two')
  await expect(text(owner).locator('.picture')).toHaveCount(1)
  await owner.keyboard.press('Enter')
  await owner.keyboard.type('/rule')
  await owner.keyboard.press('Enter')
  await owner.keyboard.type('three')
  await owner.keyboard.press('Control+Enter')
  await owner.keyboard.type('four')
  expect(await blocks(owner)).toEqual([
    'paragraph one',
    'image',
    'paragraph two',
    'horizontalRule',
    'paragraph three',
    'pageBreak',
    'paragraph four',
  ])
})

test('a picture splits the paragraph it is put into, and a pasted one is not selected', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, 'onetwo')
  for (let key = 0; key < 3; key += 1) await owner.keyboard.press('ArrowLeft')
  await paste(owner, { picture: { name: 'plan.png', width: 40, height: 20 } })
  await owner.keyboard.type('and ')
  expect(await blocks(owner)).toEqual(['paragraph one', 'image', 'paragraph and two'])
  await owner.keyboard.press('Control+a')
  await owner.keyboard.press('Delete')
  await paste(owner, { html: '<img src="https://example.org/far.png" alt="far"><hr>' })
  await owner.keyboard.type('words')
  await expect(text(owner).locator('hr')).toHaveCount(1)
  await expect(text(owner)).toContainText('words')
})

test('erasing towards a table moves the caret into it', async ({ owner, server }) => {
  const warnings: string[] = []
  owner.on('console', (message) => warnings.push(message.text()))
  await newDocument(owner, server)
  await type(owner, 'above')
  await owner.keyboard.press('Enter')
  await table(owner)
  await owner.keyboard.type('first')
  await move(owner, 'Control+End')
  await owner.keyboard.press('Backspace')
  await owner.keyboard.type('last')
  await expect(text(owner).locator('td').last()).toHaveText('last')
  await move(owner, 'Control+Home')
  await move(owner, 'End')
  await owner.keyboard.press('Delete')
  await owner.keyboard.type('my ')
  await expect(text(owner).locator('th').first()).toHaveText('my first')
  await expect(text(owner).locator('td').last()).toHaveText('last')
  expect(warnings.filter((line) => line.includes('TextSelection'))).toEqual([])
})

test('a table at the start has room above it', async ({ owner, server }) => {
  await newDocument(owner, server)
  await text(owner).click()
  await table(owner)
  await owner.keyboard.type('cell')
  await move(owner, 'Control+Home')
  await owner.keyboard.press('Enter')
  await owner.keyboard.type('above')
  expect(await blocks(owner)).toEqual(['paragraph above', 'table cell', 'paragraph'])
  // With a line above it, Enter is the cell's again.
  await move(owner, 'ArrowDown')
  await move(owner, 'Home')
  await owner.keyboard.press('Enter')
  await expect(text(owner).locator('th').first().locator('p')).toHaveCount(2)
})

test('the caret leaves a table, a picture and code upwards at the start', async ({ owner, server }) => {
  await newDocument(owner, server)
  await text(owner).click()
  await table(owner)
  await owner.keyboard.press('Tab')
  await owner.keyboard.type('cell')
  await move(owner, 'ArrowUp')
  await owner.keyboard.press('Enter')
  await owner.keyboard.type('above')
  expect(await blocks(owner)).toEqual(['paragraph above', 'table cell', 'paragraph'])

  await newDocument(owner, server)
  await text(owner).click()
  await owner.keyboard.type('```')
  await owner.keyboard.press('Enter')
  await owner.keyboard.type('code')
  await move(owner, 'ArrowUp')
  await owner.keyboard.type('above')
  expect(await blocks(owner)).toEqual(['paragraph above', 'codeBlock code', 'paragraph'])

  await newDocument(owner, server)
  await text(owner).click()
  await paste(owner, { picture: { name: 'plan.png', width: 40, height: 20 } })
  await owner.keyboard.type('below')
  await move(owner, 'ArrowUp')
  await owner.keyboard.press('Enter')
  await owner.keyboard.type('above')
  expect(await blocks(owner)).toEqual(['paragraph above', 'image', 'paragraph below'])
})

test('an empty line waits only where nothing else could be written', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, 'Title')
  await owner.keyboard.press('Control+Alt+1')
  expect(await blocks(owner)).toEqual(['heading Title'])
  await owner.keyboard.press('Control+Alt+0')
  expect(await blocks(owner)).toEqual(['paragraph Title'])
  await owner.keyboard.press('Control+Shift+8')
  expect(await blocks(owner)).toEqual(['bulletList Title'])
  await owner.keyboard.press('Enter')
  await owner.keyboard.press('Enter')
  expect(await blocks(owner)).toEqual(['bulletList Title', 'paragraph'])
  await table(owner)
  expect(await blocks(owner)).toEqual(['bulletList Title', 'table', 'paragraph'])
})

test('words after a link are not the link’s', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, 'see ')
  await owner.keyboard.press('Control+k')
  await owner.getByRole('textbox', { name: 'Text', exact: true }).fill('there')
  await owner.getByRole('textbox', { name: 'Address' }).fill('example.org')
  await owner.keyboard.press('Enter')
  await expect(text(owner)).toBeFocused()
  await owner.keyboard.type(' and https://example.com on')
  await expect(text(owner).getByRole('link')).toHaveText(['there', 'https://example.com'])
})
