/** Dragging words and pictures in which somebody else works at the same time. */
import type { Page } from '@playwright/test'
import { paste } from '../clipboard'
import { expect, newDocument, saved, share, test, text, type, visitor, words } from '../fixtures'

interface Place {
  x: number
  y: number
}

/** Where the first of these words begin, or end. */
function place(page: Page, of: string, end: boolean): Promise<Place> {
  return text(page).evaluate(
    (element, { of, end }) => {
      const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
      while (!walker.currentNode.nodeValue?.includes(of)) if (!walker.nextNode()) throw new Error(`no ${of}`)
      const range = document.createRange()
      const at = (walker.currentNode.nodeValue ?? '').indexOf(of) + (end ? of.length - 1 : 0)
      range.setStart(walker.currentNode, at)
      range.setEnd(walker.currentNode, at + 1)
      const { left, right, top, bottom } = range.getBoundingClientRect()
      return { x: end ? right : left, y: (top + bottom) / 2 }
    },
    { of, end },
  )
}

/** Drags what is at one place to another; others act while it is held. */
async function drag(
  page: Page,
  { x, y }: Place,
  target: () => Promise<Place>,
  meanwhile = () => Promise.resolve(),
): Promise<void> {
  await page.mouse.move(x, y)
  await page.mouse.down()
  await page.mouse.move(x + 10, y, { steps: 3 })
  await meanwhile()
  const to = await target()
  await page.mouse.move(to.x, to.y, { steps: 3 })
  // Where it is dropped is where the last move but one was seen.
  await page.mouse.move(to.x, to.y + 1)
  await page.mouse.up()
}

test('what somebody types into words that are being dragged goes along with them', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, 'one two')
  await owner.keyboard.press('Enter')
  await owner.keyboard.type('three')
  await saved(owner)
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await text(owner).click()
  await owner.keyboard.press('Control+Home')
  await owner.keyboard.press('End')
  await owner.keyboard.press('Control+Shift+ArrowLeft')
  const inside = await place(guest, 'tw', true)
  await guest.mouse.click(inside.x, inside.y)
  const { x, y } = await place(owner, 'tw', false)
  const target = () => place(owner, 'three', true)
  await drag(owner, { x: x + 5, y }, target, async () => {
    await guest.keyboard.type('XYZ')
    await expect.poll(() => words(owner)).toContain('twXYZo')
  })
  for (const page of [owner, guest]) await expect.poll(() => words(page)).toBe('one threetwXYZo')
  await owner.keyboard.press('Control+z')
  for (const page of [owner, guest]) await expect.poll(() => words(page)).toBe('one twXYZothree')
  await context.close()
})

test('words dragged out of a heading to the beginning of a line do not make a heading of it', async ({
  owner,
  server,
}) => {
  await newDocument(owner, server)
  await type(owner, '# big')
  await owner.keyboard.press('Enter')
  await owner.keyboard.type('small')
  await owner.keyboard.press('Control+Home')
  await owner.keyboard.press('Shift+End')
  const { x, y } = await place(owner, 'big', false)
  await drag(owner, { x: x + 5, y }, () => place(owner, 'small', false))
  await expect(text(owner).locator('p')).toHaveText('bigsmall')
})

test('words dropped beside a line, as between a box and its words, are words of that line', async ({
  owner,
  server,
}) => {
  await newDocument(owner, server)
  await type(owner, '[] task')
  await owner.keyboard.press('Enter')
  await owner.keyboard.press('Enter')
  await owner.keyboard.type('one')
  await owner.keyboard.press('Enter')
  await owner.keyboard.type('two')
  await owner.keyboard.press('Control+Shift+ArrowLeft')
  const beside = (words: string) => async () => {
    const box = await text(owner).locator('p', { hasText: words }).boundingBox()
    if (!box) throw new Error(`no ${words}`)
    return { x: box.x - 6, y: box.y + box.height / 2 }
  }
  const { x, y } = await place(owner, 'two', false)
  await drag(owner, { x: x + 5, y }, beside('one'))
  await expect(text(owner).locator('> p')).toHaveText(['twoone', ''])
  const moved = await place(owner, 'two', false)
  await drag(owner, { x: moved.x + 5, y: moved.y }, beside('task'))
  await expect(text(owner).locator('li p')).toHaveText('twotask')
  await expect(text(owner).locator('> p')).toHaveText(['one', ''])
})

test('a picture that somebody resizes while it is dragged is moved, in its new size', async ({ owner, server }) => {
  await newDocument(owner, server)
  await paste(owner, { picture: { name: 'plan.png', width: 200, height: 100 } })
  const picture = text(owner).locator('.picture img')
  await expect(picture).toHaveAttribute('src', /^\/api\//)
  await type(owner, 'the end')
  await saved(owner)
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await text(guest).locator('.picture img').click()
  const box = await picture.boundingBox()
  if (!box) throw new Error('no picture')
  const target = () => place(owner, 'the end', true)
  await drag(owner, { x: box.x + 100, y: box.y + 50 }, target, async () => {
    await guest.keyboard.press('Alt+Shift+ArrowUp')
    await expect.poll(async () => (await picture.boundingBox())?.width).toBe(220)
  })
  for (const page of [owner, guest]) {
    await expect(text(page).locator('p + .picture img')).toHaveCount(1)
    await expect(text(page).locator('.picture img')).toHaveCount(1)
    await expect.poll(async () => (await text(page).locator('.picture img').boundingBox())?.width).toBe(220)
  }
  await context.close()
})
