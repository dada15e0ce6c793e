/** Words that an input method composes, beside what others write in the same paragraph. */
import { expect, newDocument, saved, share, test, text, type, visitor, words } from '../fixtures'

test('composed words stay whole, and others’ words in the paragraph follow [FM-162]', async ({ owner, server }) => {
  await newDocument(owner, server)
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await type(owner, 'start ')
  await expect(text(guest)).toContainText('start')
  await owner.evaluate(() => {
    const seen: string[] = []
    for (const name of ['compositionstart', 'compositionend'])
      document.querySelector('.sheet-text')?.addEventListener(name, () => seen.push(name))
    Object.assign(window, { seen })
  })
  const input = await owner.context().newCDPSession(owner)
  const compose = (words: string) =>
    input.send('Input.imeSetComposition', { text: words, selectionStart: words.length, selectionEnd: words.length })
  const remote = async (words: string, end: boolean) => {
    await text(guest).click()
    await guest.keyboard.press(end ? 'Control+End' : 'Control+Home')
    await guest.keyboard.type(words)
    await saved(guest)
  }
  await compose('に')
  await remote('before ', false)
  await compose('にほ')
  await remote(' after', true)
  await compose('にほん')
  await remote('again ', false)
  await expect(text(owner).locator('p')).toHaveText('start にほん')
  await input.send('Input.insertText', { text: '日本' })
  for (const page of [owner, guest]) {
    await expect.poll(() => words(page)).toContain('日本')
    await expect.poll(() => words(page)).toContain('again before start')
    await expect.poll(() => words(page)).toContain('after')
    expect((await words(page)).replace(' after', '')).toBe('again before start 日本')
  }
  expect(await owner.evaluate(() => (window as unknown as { seen: string[] }).seen)).toEqual([
    'compositionstart',
    'compositionend',
  ])
  await owner.keyboard.type('!')
  await expect(text(guest)).toContainText('日本!')
  await context.close()
})
