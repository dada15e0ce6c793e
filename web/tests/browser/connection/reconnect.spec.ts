/** Coming back with unsent text in a large document. */
import { expect, saved, status, text, words } from '../fixtures'
import { test } from '../network'

test('a reconnect in a document of 1 MB shows no empty frame and leaves text, caret and scroll in place [FM-151]', async ({
  ada,
  bob,
  network,
}) => {
  test.setTimeout(90_000)
  const paragraph = 'The quick brown fox jumps over the lazy dog, again and again. '.repeat(16).trim()
  const count = Math.ceil(1_000_000 / paragraph.length)
  await text(ada).click()
  await ada.evaluate(
    ([paragraph, count]) => {
      const data = new DataTransfer()
      data.setData('text/plain', Array.from({ length: count }, () => paragraph).join('\n\n'))
      document
        .querySelector('.sheet-text')
        ?.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
    },
    [paragraph, count] as [string, number],
  )
  await expect(status(ada)).toHaveText('Saved', { timeout: 30_000 })
  await expect.poll(async () => (await words(bob)).length, { timeout: 30_000 }).toBeGreaterThan(1_000_000)

  // The caret goes into the middle, away from where others write; every second paragraph is empty.
  await ada.locator('.canvas').evaluate((canvas) => canvas.scrollTo(0, canvas.scrollHeight / 2))
  const middle = text(ada)
    .locator('p')
    .nth(2 * Math.floor(count / 2))
  await middle.click()
  await ada.keyboard.press('Home')
  await ada.keyboard.type('Marked: ')
  await saved(ada)
  network.cut()
  await expect(status(ada)).toContainText('Offline')
  await ada.keyboard.type('unsent ')
  await text(bob).click()
  await bob.keyboard.press('Control+Home')
  await bob.keyboard.type('meanwhile ')
  await saved(bob)

  const place = () =>
    ada.evaluate(() => {
      const selection = getSelection()
      const anchor = selection?.anchorNode
      const caret = document.createRange()
      if (anchor) caret.setStart(anchor, selection.anchorOffset)
      return {
        text: anchor?.textContent?.slice(0, 40),
        offset: selection?.anchorOffset,
        top: caret.getBoundingClientRect().top,
      }
    })
  const before = await place()
  await ada.evaluate(() => {
    const seen = { frames: 0, empty: 0, least: Infinity }
    Object.assign(window, { seen })
    const sample = () => {
      const sheet = document.querySelector('.sheet-text')
      const blocks = sheet?.childElementCount ?? 0
      seen.frames += 1
      seen.least = Math.min(seen.least, blocks)
      if (blocks === 0 || !sheet?.lastElementChild?.textContent) seen.empty += 1
      requestAnimationFrame(sample)
    }
    sample()
  })
  network.restore()
  await expect(status(ada)).toHaveText('Saved', { timeout: 30_000 })
  await expect.poll(() => words(ada)).toContain('meanwhile The quick')
  await expect.poll(() => words(bob)).toContain('Marked: unsent ')
  const seen = await ada.evaluate(
    () => (window as unknown as { seen: { frames: number; empty: number; least: number } }).seen,
  )
  expect(seen.frames).toBeGreaterThan(5)
  expect(seen.empty).toBe(0)
  expect(seen.least).toBeGreaterThanOrEqual(count)
  expect(await place()).toEqual(before)
  await ada.keyboard.type('still here ')
  await expect.poll(() => words(bob)).toContain('Marked: unsent still here ')
})
