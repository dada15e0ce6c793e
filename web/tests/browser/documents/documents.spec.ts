/** The list of documents: finding, arranging, changing. */
import type { Page } from '@playwright/test'
import { expect, newDocument, OWNER, PROVE, saved, status, test, text } from '../fixtures'
import { QuireServer } from '../server'

test.use({ serviceWorkers: 'allow' })

const MANY = PROVE ? 1000 : 230

/** Makes documents through the API with the page's own session. */
async function make(page: Page, titles: string[]): Promise<void> {
  await page.evaluate(async (wanted) => {
    const session = (await (await fetch('/api/v1/session')).json()) as { csrf_token: string }
    for (const title of wanted) {
      const made = await fetch('/api/v1/documents', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': session.csrf_token },
        body: JSON.stringify({ title }),
      })
      if (!made.ok) throw new Error(await made.text())
    }
  }, titles)
}

const cards = (page: Page) => page.getByRole('list', { name: 'List of documents' }).getByRole('listitem')
const search = (page: Page) => page.getByRole('searchbox', { name: 'Search by title' })

test.describe('the list', () => {
  // All of them look at one server's documents.
  test.describe.configure({ mode: 'default' })
  let server: QuireServer
  let page: Page

  test.beforeAll(async ({ browser }) => {
    server = await QuireServer.start({ QUIRE_LIMITS: 'off' })
    page = await (await browser.newContext()).newPage()
    await page.goto(server.url)
    await page.getByRole('textbox', { name: 'Name' }).fill(OWNER.name)
    await page.getByRole('textbox', { name: 'Email' }).fill(OWNER.email)
    await page.getByRole('textbox', { name: 'Password' }).fill(OWNER.password)
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByRole('heading', { name: 'Documents' }).waitFor()
  })

  test.afterAll(async () => {
    await page.context().close()
    await server.discard()
  })

  test.beforeEach(async () => {
    await page.goto(server.url)
    await page.getByRole('heading', { name: 'Documents' }).waitFor()
  })

  test('shows however many there are, page by page, and finds one of them', async () => {
    test.setTimeout(120_000)
    await make(page, ['Zebra minutes', ...Array.from({ length: MANY }, (_, index) => `Report ${index + 1}`)])
    await page.reload()
    await expect(cards(page)).toHaveCount(100)
    const all = MANY + 2
    for (let seen = 100; seen < all; seen = await cards(page).count()) {
      await cards(page).last().scrollIntoViewIfNeeded()
      await expect.poll(() => cards(page).count()).toBeGreaterThan(seen)
    }
    await expect(cards(page)).toHaveCount(all)
    await search(page).fill('minutes ZEB')
    await expect(cards(page)).toHaveCount(1)
    await expect(cards(page)).toContainText('Zebra minutes')
  })

  test('remembers order and view, and says when a document was changed', async () => {
    await page.getByRole('combobox', { name: 'Sort by' }).click()
    await page.getByRole('option', { name: 'Title' }).click()
    await page.getByRole('button', { name: 'Show as list' }).click()
    await make(page, ['Aardvark', 'Aachen'])
    await page.reload()
    await expect(cards(page).first()).toContainText('Aachen')
    await expect(cards(page).nth(1)).toContainText('Aardvark')
    await expect(cards(page).first().getByRole('time')).toHaveText(/now|minute|seconds/)
    await expect(page.getByRole('button', { name: 'Show as grid' })).toBeVisible()
    await expect(page.getByRole('combobox', { name: 'Sort by' })).toHaveValue('Title')
    // However long a title, its menu is in sight.
    await make(page, ['A'.repeat(280)])
    await page.reload()
    await expect(cards(page).first().getByRole('button')).toBeInViewport({ ratio: 1 })
    await page.getByRole('button', { name: 'Show as grid' }).click()
  })

  test('on a phone, titles have room and nothing lies on a menu', async () => {
    const title = 'Minutes of the first meeting'
    await make(page, [title])
    // An hour ago: the longest words that a date is told in.
    await page.clock.install({ time: Date.now() + 59 * 60_000 })
    await page.setViewportSize({ width: 390, height: 780 })
    for (const view of ['grid', 'list']) {
      await page.goto(server.url)
      const card = cards(page).filter({ hasText: title })
      if (view === 'list') await page.getByRole('button', { name: 'Show as list' }).click()
      await expect(card.getByRole('time')).toHaveText('59 minutes ago')
      const cut = await card.getByText(title).evaluate((name) => name.scrollHeight > name.clientHeight + 1)
      expect(cut, view).toBe(false)
      const [menu, time] = [await card.getByRole('button').boundingBox(), await card.getByRole('time').boundingBox()]
      if (!menu || !time) throw new Error('not in view')
      expect(time.x + time.width, view).toBeLessThanOrEqual(menu.x)
    }
    await page.getByRole('button', { name: 'Show as grid' }).click()
    await page.setViewportSize({ width: 1280, height: 720 })
  })

  test('does not take a title away that somebody else gave meanwhile', async () => {
    await make(page, ['Before'])
    await page.reload()
    const seen = cards(page).filter({ hasText: 'Before' })
    await seen.getByRole('button').click()
    await page.getByRole('menuitem', { name: 'Rename' }).click()
    await page.evaluate(async () => {
      const session = (await (await fetch('/api/v1/session')).json()) as { csrf_token: string }
      const found = (await (await fetch('/api/v1/documents?search=Before')).json()) as { items: { id: string }[] }
      await fetch(`/api/v1/documents/${found.items[0]?.id}`, {
        method: 'PATCH',
        headers: { 'Content-Type': 'application/json', 'If-Match': '*', 'X-CSRF-Token': session.csrf_token },
        body: JSON.stringify({ title: 'Theirs' }),
      })
    })
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: 'Document title' }).fill('Mine')
    await dialog.getByRole('button', { name: 'Rename' }).click()
    await expect(dialog).toContainText('Somebody else named it “Theirs” meanwhile')
    await dialog.getByRole('button', { name: 'Rename' }).click()
    await expect(dialog).toHaveCount(0)
    await expect(cards(page).filter({ hasText: 'Mine' })).toHaveCount(1)
  })

  test('gives back from the trash at once, and deletes forever only when asked twice', async () => {
    await make(page, ['Not needed'])
    await page.reload()
    const card = cards(page).filter({ hasText: 'Not needed' })
    await card.getByRole('button').click()
    await page.getByRole('menuitem', { name: 'Move to trash' }).click()
    await page.getByRole('alert').getByRole('button', { name: 'Undo' }).click()
    await expect(card).toHaveCount(1)
    await card.getByRole('button').click()
    await page.getByRole('menuitem', { name: 'Move to trash' }).click()
    await expect(card).toHaveCount(0)
    await page.getByRole('link', { name: 'Trash' }).click()
    await card.getByRole('button').click()
    await page.getByRole('menuitem', { name: 'Delete forever' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete forever' }).click()
    await page.getByText('The trash is empty').waitFor()
  })

  test('is searched and sorted without a network too', async () => {
    await page.getByRole('list', { name: 'List of documents' }).waitFor()
    const newest = await cards(page).first().getByRole('link').textContent()
    await page.context().setOffline(true)
    await search(page).fill(newest ?? '')
    await expect(page.getByText('No connection to the server: this is the last known list.')).toBeVisible()
    await expect(cards(page).first()).toContainText(newest ?? '')
    await search(page).fill('nothing is called this')
    await page.getByText('Nothing found for').waitFor()
    await page.getByTestId('new-document').click()
    await page.waitForURL(/\/d\//)
    await text(page).waitFor()
    await expect(status(page)).toContainText('Offline')
    await page.context().setOffline(false)
  })
})

test('twenty documents that one tab opens travel on one socket [FM-050]', async ({ owner, server }) => {
  await owner.goto(server.url)
  await owner.getByRole('heading', { name: 'Documents' }).waitFor()
  await make(
    owner,
    Array.from({ length: 20 }, (_, index) => `One of twenty ${index + 1}`),
  )
  await owner.reload()
  let sockets = 0
  owner.on('websocket', () => (sockets += 1))
  for (let index = 1; index <= 20; index += 1) {
    await cards(owner)
      .filter({ has: owner.getByText(`One of twenty ${index}`, { exact: true }) })
      .getByRole('link')
      .first()
      .click()
    await expect(owner.getByRole('textbox', { name: 'Document title' })).toHaveValue(`One of twenty ${index}`)
    await saved(owner)
    await owner.goBack()
    await owner.getByRole('heading', { name: 'Documents' }).waitFor()
  }
  expect(sockets).toBe(1)
})

test('a document that was closed leaves none of its text in the tab', async ({ owner, server }) => {
  const urls: string[] = []
  for (let i = 0; i < 3; i += 1) {
    urls.push(await newDocument(owner, server))
    await text(owner).evaluate((element: HTMLElement) => element.editor?.commands.setContent('<p>one</p>'.repeat(300)))
    await saved(owner)
  }
  const devtools = await owner.context().newCDPSession(owner)
  const nodes = async () => {
    await devtools.send('HeapProfiler.collectGarbage')
    return (await devtools.send('Memory.getDOMCounters')).nodes
  }
  await owner.goto(server.url)
  const counts: number[] = []
  for (const url of urls) {
    await owner
      .locator(`a[href$="${new URL(url).pathname}"]`)
      .first()
      .click()
    await expect(text(owner).locator('p')).toHaveCount(300)
    await saved(owner)
    await owner.goBack()
    await owner.getByRole('heading', { name: 'Documents' }).waitFor()
    counts.push(await nodes())
  }
  // The last one may be held by what was just drawn.
  await expect.poll(async () => (await nodes()) - (counts[0] ?? 0)).toBeLessThan(300)
})
