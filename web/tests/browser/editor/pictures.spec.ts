/** Pictures: from the clipboard to an attachment, and what one can do with them. */
import { copied, paste, pictureData } from '../clipboard'
import { expect, newDocument, saved, share, test, text, type, visitor } from '../fixtures'

const stored = /^\/api\/v1\/documents\/[0-9a-f-]{36}\/attachments\/[0-9a-f]{64}$/

test('pasted pictures become attachments, remote ones a link, and nothing is fetched [FM-165]', async ({
  owner,
  server,
}) => {
  const url = await newDocument(owner, server)
  const asked: string[] = []
  owner.on('request', (request) => asked.push(request.url()))
  await owner.route('**/attachments', async (route) => {
    // Longer than the half second within which the undo manager joins changes into one step.
    await owner.waitForTimeout(700)
    await route.continue()
  })
  await text(owner).click()
  const data = await pictureData(owner, 300, 200)
  await paste(owner, {
    html: `<p>Before</p><img src="${data}" alt="chart"><p>After <img src="https://example.org/far.png" alt="far">
      <img src="https://track.example.org/1.gif" width="1" height="1"></p>`,
  })
  const picture = text(owner).locator('.picture img')
  await expect(picture).toHaveAttribute('src', /^blob:/)
  await expect(picture).toHaveAttribute('src', stored)
  await expect(picture).toHaveAttribute('alt', 'chart')
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(300)
  await expect(text(owner).getByRole('link', { name: 'far' })).toHaveAttribute('href', 'https://example.org/far.png')
  await saved(owner)
  const kept = await owner.request.get(`${url.replace('/d/', '/api/v1/documents/')}/content?format=json`)
  expect(await kept.text()).not.toContain('base64')
  expect(asked.filter((address) => !address.startsWith(server.url) && !address.startsWith('blob:'))).toEqual([])
  // One undo takes the whole paste out, the finished upload with it.
  await owner.keyboard.press('Control+z')
  await expect(picture).toHaveCount(0)
  await expect(text(owner)).not.toContainText('Before')
})

test('a picture file is resized by its handle and by keys, placed, described, and stays so', async ({
  owner,
  server,
}) => {
  await newDocument(owner, server)
  await type(owner, 'Look: ')
  await paste(owner, { picture: { name: 'plan.png', width: 400, height: 200 } })
  const picture = text(owner).locator('.picture img')
  await expect(picture).toHaveAttribute('src', stored)
  await expect.poll(async () => (await picture.boundingBox())?.width).toBe(400)
  await picture.click()
  const handle = owner.locator('.picture-handle[data-end=bottom][data-side=right]')
  const at = await handle.boundingBox()
  if (!at) throw new Error('no handle')
  await owner.mouse.move(at.x + 7, at.y + 7)
  await owner.mouse.down()
  await owner.mouse.move(at.x - 43, at.y + 7, { steps: 4 })
  await owner.mouse.up()
  // In the middle of the page both sides move.
  await expect.poll(async () => Math.round((await picture.boundingBox())?.width ?? 0)).toBe(300)
  await expect.poll(async () => Math.round((await picture.boundingBox())?.height ?? 0)).toBe(150)
  await owner.keyboard.press('Alt+Shift+ArrowUp')
  await expect.poll(async () => Math.round((await picture.boundingBox())?.width ?? 0)).toBe(330)
  const menu = owner.getByRole('toolbar', { name: 'Picture' })
  await menu.getByRole('button', { name: 'Align right' }).click()
  await expect(menu.getByRole('button', { name: 'Align right' })).toHaveAttribute('aria-pressed', 'true')
  await menu.getByRole('button', { name: 'Alternative text' }).click()
  // Given up, the dialog leads back to the text.
  await owner.getByRole('textbox', { name: 'What does the picture show?' }).press('Escape')
  await expect(text(owner)).toBeFocused()
  await menu.getByRole('button', { name: 'Alternative text' }).click()
  await owner.getByRole('textbox', { name: 'What does the picture show?' }).fill('The plan')
  await owner.getByRole('button', { name: 'Save', exact: true }).click()
  await saved(owner)
  await owner.reload()
  await expect(picture).toHaveAttribute('alt', 'The plan')
  expect(Math.round((await picture.boundingBox())?.width ?? 0)).toBe(330)
  await expect(text(owner).locator('.picture')).toHaveAttribute('data-align', 'right')
})

test('a picture grows to the width of its own place, and Escape gives a change of size up', async ({
  owner,
  server,
}) => {
  await newDocument(owner, server)
  await text(owner).evaluate((element: HTMLElement) =>
    element.editor?.commands.setContent('<table><tr><td><p></p></td><td>b</td><td>c</td></tr></table><p></p>'),
  )
  const picture = text(owner).locator('.picture img')
  await text(owner).locator('td p').first().click()
  await paste(owner, { picture: { name: 'small.png', width: 90, height: 60 } })
  await expect(picture).toHaveCount(1)
  await text(owner).locator('> p').last().click()
  await paste(owner, { picture: { name: 'plan.png', width: 400, height: 200 } })
  const large = picture.nth(1)
  await expect(large).toHaveAttribute('src', stored)
  const width = async () => Math.round((await large.boundingBox())?.width ?? 0)
  await expect.poll(width).toBe(400)
  await large.click()
  await owner.keyboard.press('Alt+Shift+ArrowUp')
  await expect.poll(width).toBe(440)

  const at = await text(owner).locator('.picture').nth(1).locator('[data-end=bottom][data-side=right]').boundingBox()
  if (!at) throw new Error('no handle')
  await owner.mouse.move(at.x + 7, at.y + 7)
  await owner.mouse.down()
  await owner.mouse.move(at.x - 43, at.y + 7, { steps: 4 })
  await expect.poll(width).toBe(340)
  await owner.keyboard.press('Escape')
  await expect.poll(width).toBe(440)
  await owner.mouse.move(at.x - 93, at.y + 7)
  await owner.mouse.up()
  expect(await width()).toBe(440)
})

test('a picture that the server refuses goes away again and says so', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, 'words')
  await paste(owner, { html: '<img src="data:image/png;base64,AAAA" alt="no picture">' })
  await expect(owner.getByText('The picture was not added')).toBeVisible()
  await expect(text(owner).locator('.picture')).toHaveCount(0)
  await expect(text(owner)).toContainText('words')
})

test('who has only the link sees the pictures of the document, and those that they add', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, 'A picture:')
  await paste(owner, { picture: { name: 'chart.png', width: 120, height: 80 } })
  await expect(text(owner).locator('.picture img')).toHaveAttribute('src', stored)
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  const widths = () =>
    text(guest)
      .locator('.picture img')
      .evaluateAll((images: HTMLImageElement[]) => images.map((image) => image.naturalWidth))
  await expect.poll(widths).toEqual([120])
  await type(guest, '')
  await paste(guest, { picture: { name: 'map.png', width: 60, height: 40 } })
  await expect(text(owner).locator('.picture img')).toHaveCount(2)
  await saved(guest)
  await guest.reload()
  await expect.poll(widths).toEqual([120, 60])
  await context.close()
})

test('a picture whose tab closes on the way is said to be missing, and sent when the document is opened again', async ({
  owner,
  server,
}) => {
  const address = await newDocument(owner, server)
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  const tab = await owner.context().newPage()
  // The server answers nothing.
  await tab.route('**/attachments', () => undefined)
  await tab.goto(address)
  await type(tab, 'A picture:')
  await paste(tab, { picture: { name: 'chart.png', width: 120, height: 80 } })
  await expect(guest.getByText('This picture is being added.')).toBeVisible()
  await expect(text(tab).locator('.picture img')).toHaveAttribute('src', /^blob:/)
  await tab.close()
  await expect(guest.getByText('This picture has not arrived')).toBeVisible()
  await owner.reload()
  await expect(text(owner).locator('.picture img')).toHaveAttribute('src', stored)
  await expect(guest.getByText('This picture has not arrived')).toBeHidden()
  await context.close()
})

for (const by of [0, 40]) {
  test(`a picture that comes late above the line that one writes in leaves it where it is, ${by} px down`, async ({
    owner,
    server,
  }) => {
    await newDocument(owner, server)
    await text(owner).click()
    await paste(owner, { picture: { name: 'plan.png', width: 400, height: 600 } })
    const picture = text(owner).locator('.picture img')
    await expect(picture).toHaveAttribute('src', /^\/api\//)
    await owner.keyboard.type('The line')
    for (let i = 0; i < 40; i += 1) await owner.keyboard.press('Enter')
    await saved(owner)
    let come = () => undefined as void
    const asked = new Promise<void>((done) => (come = done))
    let release = () => undefined as void
    const released = new Promise<void>((done) => (release = done))
    await owner.route('**/attachments/*', async (route) => {
      come()
      await released
      await route.continue()
    })
    await owner.reload()
    const line = text(owner).getByText('The line')
    await line.click()
    await asked
    const top = async () => Math.round((await line.boundingBox())?.y ?? 0)
    await owner.locator('.canvas').evaluate((canvas, by) => canvas.scrollTo(0, by), by)
    const before = await top()
    release()
    await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.clientHeight)).toBe(600)
    expect(Math.abs((await top()) - before)).toBeLessThanOrEqual(2)
  })
}

test('a picture comes along into another document, also for who reads both by their links', async ({
  owner,
  server,
}) => {
  await newDocument(owner, server)
  await type(owner, 'See:')
  await paste(owner, { picture: { name: 'plan.png', width: 300, height: 200 } })
  await expect(text(owner).locator('.picture img')).toHaveAttribute('src', stored)
  await saved(owner)
  const from = await share(owner, 'view')
  const to = await newDocument(owner, server)
  const { page: guest, context } = await visitor(owner, from)
  await expect(text(guest).locator('.picture img')).toHaveAttribute('src', /^blob:/)
  await text(guest).click()
  await guest.keyboard.press('Control+a')
  let html = ''
  // A reader's editor hears of the selection a moment later.
  await expect.poll(async () => (html = await copied(guest))).toContain('<img')
  await guest.goto(await share(owner, 'edit'))
  await type(guest, 'The plan:')
  await paste(guest, { html })
  for (const page of [guest, owner]) {
    const picture = text(page).locator('.picture img')
    await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(300)
  }
  // Its own, whatever becomes of the other document.
  await expect(text(owner).locator('.picture img')).toHaveAttribute('src', new RegExp(to.split('/').pop() ?? '-'))
  await context.close()
})

test('a picture of a document that one may not read does not come along, and that is said', async ({
  owner,
  server,
}) => {
  await newDocument(owner, server)
  await paste(owner, { picture: { name: 'plan.png', width: 300, height: 200 } })
  await expect(text(owner).locator('.picture img')).toHaveAttribute('src', stored)
  await saved(owner)
  await owner.keyboard.press('Control+a')
  const html = await copied(owner)
  await newDocument(owner, server)
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await type(guest, 'The plan:')
  await paste(guest, { html })
  await expect(guest.getByText('The picture was not added')).toBeVisible()
  await expect(text(guest).locator('.picture')).toHaveCount(0)
  await context.close()
})
