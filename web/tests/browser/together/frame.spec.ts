/** What stands around the text: title, status, people. */
import type { Locator, Page } from '@playwright/test'
import { expect, newDocument, saved, share, status, test, text, type, visitor, words } from '../fixtures'

test.use({ serviceWorkers: 'allow' })

test('Enter in the title leads into the text, and so does a jump to somebody', async ({ owner, server }) => {
  await newDocument(owner, server)
  const title = owner.getByRole('textbox', { name: 'Document title' })
  await title.click()
  // What is no title is selected: the first key takes its place.
  await expect.poll(() => owner.evaluate(() => getSelection()?.toString())).toBe('Untitled document')
  await owner.keyboard.type('Minutes')
  await owner.keyboard.press('Enter')
  await owner.keyboard.type('at once')
  expect(await words(owner)).toBe('at once')
  await title.fill('Not this')
  await owner.keyboard.press('Escape')
  await expect(title).toHaveValue('Minutes')
  await expect(text(owner)).toBeFocused()

  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await text(owner).evaluate((element: HTMLElement) =>
    element.editor?.commands.insertContentAt(8, '<p>line</p>'.repeat(60)),
  )
  await expect(text(guest).getByText('line')).toHaveCount(60)
  await type(guest, 'far below')
  // Where the guest's pointer was first, a jump would lead as well.
  await expect(text(owner).locator('p', { hasText: 'far below' }).locator('.caret')).toHaveCount(1)
  await text(owner).evaluate((element: HTMLElement) => element.editor?.commands.setTextSelection(1))
  await owner.getByTestId('person').click()
  await expect(owner.locator('.caret')).toBeInViewport()
  await expect(text(owner)).toBeFocused()
  await owner.keyboard.type('here: ')
  await expect.poll(() => words(owner)).toContain('here: at once')
  await context.close()
})

test('a jump reaches somebody who goes on writing', async ({ owner, server }) => {
  await newDocument(owner, server)
  await text(owner).evaluate((element: HTMLElement) => element.editor?.commands.setContent('<p>line</p>'.repeat(200)))
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await type(guest, 'far below')
  await expect(text(owner).locator('p', { hasText: 'far below' }).locator('.caret')).toHaveCount(1)
  await text(owner).evaluate((element: HTMLElement) => element.editor?.commands.focus('start'))
  await expect(owner.locator('.caret')).not.toBeInViewport()
  await guest.evaluate(() => {
    setInterval(() => document.execCommand('insertText', false, '.'), 50)
  })
  await expect(text(owner)).toContainText('below...')
  await owner.getByTestId('person').click()
  await expect(owner.locator('.caret')).toBeInViewport()
  await context.close()
})

test('a long title gives way to the status', async ({ owner, server }) => {
  await newDocument(owner, server)
  const title = owner.getByRole('textbox', { name: 'Document title' })
  await title.fill('A title as long as titles can be in a company that likes to name things '.repeat(4).trim())
  await owner.keyboard.press('Enter')
  await saved(owner)
  for (const width of [1440, 1024, 768, 390]) {
    await owner.setViewportSize({ width, height: 780 })
    const cut = await status(owner).evaluate((badge) =>
      [badge, ...badge.querySelectorAll('*')].some(
        (part) => part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0,
      ),
    )
    expect(cut, `cut at ${width}`).toBe(false)
    await expect(status(owner).getByText('Saved')).toBeInViewport({ ratio: 1 })
    expect(await owner.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
  }
  await owner.getByRole('button', { name: 'Share' }).click()
  const asked = owner.getByRole('dialog').getByRole('heading')
  await expect(asked).toContainText('A title as long')
  expect((await asked.boundingBox())?.height).toBeLessThan(50)
})

test('who has no access sees the own menu where it always is', async ({ owner, server }) => {
  await owner.goto(`${server.url}/d/00000000-0000-7000-8000-000000000000`)
  await expect(owner.getByRole('heading', { name: 'You have no access' })).toBeVisible()
  const menu = await owner.getByRole('button', { name: /^Account of/ }).boundingBox()
  expect(menu?.x).toBeGreaterThan(1000)
})

test('a socket is opened however short the pause between attempts was drawn', async ({ owner, server }) => {
  await owner.addInitScript(() => {
    Math.random = () => 0
  })
  const socket = owner.waitForEvent('websocket')
  await newDocument(owner, server)
  await socket
})

test('a document opened without a network has the title that it was given last', async ({ owner, server }) => {
  await newDocument(owner, server)
  await owner.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  await owner.goto(server.url)
  await owner.getByRole('link', { name: 'Untitled document' }).first().click()
  const title = owner.getByRole('textbox', { name: 'Document title' })
  await title.fill('Renamed')
  await owner.keyboard.press('Enter')
  await expect(owner).toHaveTitle(/^Renamed/)
  await saved(owner)
  await owner.context().setOffline(true)
  await owner.reload()
  await expect(title).toHaveValue('Renamed')
  await owner.goto(server.url)
  await expect(owner.getByRole('link', { name: 'Renamed' })).toBeVisible()
})

test('on a phone the header has two rows, and tools beyond the edge fade out', async ({ owner, server }) => {
  await newDocument(owner, server)
  const title = owner.getByRole('textbox', { name: 'Document title' })
  await title.fill('Quarterly minutes of the board')
  await owner.keyboard.press('Enter')
  const { context } = await visitor(owner, await share(owner, 'edit'))
  await expect(owner.getByTestId('person')).toHaveCount(1)
  await owner.setViewportSize({ width: 390, height: 780 })
  const top = async (of: Locator) => (await of.boundingBox())?.y ?? 0
  expect((await owner.getByRole('banner').boundingBox())?.height).toBeLessThan(100)
  expect(await top(owner.getByTestId('person'))).toBeGreaterThan((await top(title)) + 20)
  const tools = owner.getByRole('toolbar', { name: 'Formatting' })
  await expect(tools).toHaveAttribute('data-more')
  await tools.evaluate((bar) => bar.scrollTo({ left: bar.scrollWidth }))
  await expect(tools).not.toHaveAttribute('data-more')
  // On its side there is little height: one row, and one menu.
  await owner.setViewportSize({ width: 780, height: 390 })
  await expect.poll(() => top(owner.locator('.canvas'))).toBeLessThan(90)
  await context.close()
})

test('the find panel leaves the tools free, the tools of a table what follows it', async ({ owner, server }) => {
  await newDocument(owner, server)
  await text(owner).evaluate((element: HTMLElement) =>
    element.editor?.commands.setContent('<p>before</p><p></p><table><tr><td>a</td><td>b</td></tr></table><p>after</p>'),
  )
  for (const width of [1440, 390]) {
    await owner.setViewportSize({ width, height: 780 })
    await owner.locator('td').first().click()
    const edges = async (of: Locator) => {
      const box = await of.boundingBox()
      return { top: box?.y ?? 0, bottom: (box?.y ?? 0) + (box?.height ?? 0) }
    }
    const menu = owner.getByRole('toolbar', { name: 'Table' })
    await expect(menu).toBeVisible()
    await expect
      .poll(async () => (await edges(menu)).bottom)
      .toBeLessThanOrEqual((await edges(owner.getByRole('table'))).top)
    await owner.keyboard.press('Control+f')
    const find = owner.getByRole('search', { name: 'Find' })
    await expect(find).toBeVisible()
    expect((await edges(find)).top).toBeGreaterThanOrEqual(
      (await edges(owner.getByRole('toolbar', { name: 'Formatting' }))).bottom,
    )
    await owner.keyboard.press('Escape')
  }
})

test('a title given in one tab is in every other within a second [FM-023]', async ({ owner, server }) => {
  const address = await newDocument(owner, server)
  const link = await share(owner, 'edit')
  const second = await owner.context().newPage()
  await second.goto(address)
  const { page: guest, context } = await visitor(owner, link)
  const tabs = [owner, second, guest]
  for (const page of tabs) await saved(page)
  const title = (page: Page) => page.getByRole('textbox', { name: 'Document title' })
  for (const [giver, given] of [
    [owner, 'Plan'],
    [guest, 'Plan of the guest'],
    [second, 'Plan once more'],
  ] as const) {
    await title(giver).fill(given)
    const answered = giver.waitForResponse((answer) => answer.request().method() === 'PATCH')
    await giver.keyboard.press('Enter')
    await answered
    await Promise.all(
      tabs.map(async (page) => {
        await expect(title(page)).toHaveValue(given, { timeout: 1000 })
        await expect(page).toHaveTitle(new RegExp(given), { timeout: 1000 })
      }),
    )
  }
  await context.close()
})
