/** Three people write, one of them changes the blocks that all write in; networks go, pages are reloaded, the server dies. */
import type { Page } from '@playwright/test'
import { expect, full, newDocument, PROVE, saved, share, status, test, text, visitor, words } from '../fixtures'
import { Chance } from '../../replicas/chance'
import { lostLetters, moreLetters, spoken } from '../../replicas/words'

const SECONDS = Number(process.env.QUIRE_SECONDS ?? 600)
const SEED = Number(process.env.QUIRE_SEED ?? Date.now() % 1_000_000)

/** Sets the caret between two words, where nobody is in the middle of one, and may change the block there. */
async function go(page: Page, where: number, change?: string): Promise<void> {
  await page.evaluate(
    ({ where, change }) => {
      const editor = document.querySelector<HTMLElement>('.sheet-text')?.editor
      if (!editor) return
      const places: number[] = []
      editor.state.doc.descendants((node, at) => {
        if (!node.isTextblock) return true
        places.push(at + 1)
        const said = node.textBetween(0, node.content.size, null, ' ')
        for (let index = 1; index <= said.length; index += 1) if (said[index - 1] === ' ') places.push(at + 1 + index)
        return false
      })
      editor.view.focus()
      editor.commands.setTextSelection(places[Math.floor(where * places.length)] ?? 1)
      if (change === 'heading') editor.commands.toggleHeading({ level: 2 })
      if (change === 'list') editor.commands.toggleBulletList()
      if (change === 'quote') editor.commands.toggleBlockquote()
      if (change === 'split') editor.commands.keyboardShortcut('Enter')
      if (change === 'join') {
        editor.commands.setTextSelection(editor.state.selection.$from.start())
        editor.commands.keyboardShortcut('Backspace')
      }
    },
    { where, change },
  )
}

/** One person at a keyboard, until an end. */
async function write(page: Page, seed: number, changes: boolean, until: number): Promise<string[]> {
  const chance = new Chance(seed)
  const written: string[] = []
  await go(page, 0)
  while (Date.now() < until) {
    if (changes && chance.next() < 0.5) {
      await go(page, chance.next(), chance.of(['heading', 'list', 'quote', 'split', 'join']))
    } else {
      if (chance.next() < 0.4) await go(page, chance.next())
      // Long enough that none is written twice.
      const word = spoken(chance) + spoken(chance) + spoken(chance)
      await page.keyboard.type(` ${word} `, { delay: 20 + chance.below(60) })
      written.push(word)
    }
    if (chance.next() < 0.04) {
      await page.context().setOffline(true)
      await page.waitForTimeout(chance.below(4000))
      await page.context().setOffline(false)
    }
    if (chance.next() < 0.02) {
      // Whoever closes a page before its words are kept is warned.
      await expect(status(page)).toHaveText(/^Saved|kept on this device/, { timeout: 20_000 })
      // Of a server that dies while it answers a browser shows an empty page: people load it once more.
      await expect(async () => {
        await page.reload()
        await text(page).waitFor({ timeout: 10_000 })
      }).toPass()
      await go(page, chance.next())
    }
  }
  return written
}

test('no letter is lost in chaos', full(`${SECONDS} seconds`), async ({ owner, server }) => {
  test.skip(!PROVE, 'run by make prove')
  test.setTimeout(SECONDS * 1000 + 120_000)
  await newDocument(owner, server)
  await saved(owner)
  const link = await share(owner, 'edit')
  const [guest, other] = [await visitor(owner, link), await visitor(owner, link)]
  const people = [owner, guest.page, other.page]
  const until = Date.now() + SECONDS * 1000
  const killing = (async () => {
    while (Date.now() < until - 8000) {
      await owner.waitForTimeout(6000 + (SEED % 5000))
      await server.stop('SIGKILL')
      await server.run()
    }
  })()
  const written = (await Promise.all(people.map((page, at) => write(page, SEED + at, at === 0, until)))).flat()
  await killing
  for (const page of people) await expect(status(page)).toHaveText('Saved', { timeout: 60_000 })
  await expect.poll(async () => new Set(await Promise.all(people.map(words))).size, { timeout: 30_000 }).toBe(1)
  const said = await words(owner)
  const whole = written.filter((word) => said.includes(word)).length
  test.info().annotations.push({ type: 'words', description: `${whole} of ${written.length} whole` })
  const twice = moreLetters(written, said)
  console.info(`${whole} of ${written.length} words whole, ${twice} letters twice`)
  expect(
    lostLetters(written, said),
    `${written.filter((word) => !said.includes(word)).join(', ')} not whole in ${said}`,
  ).toEqual([])
  expect(twice, `letters twice in ${said}`).toBeLessThanOrEqual(written.join('').length / 100)
  await guest.context.close()
  await other.context.close()
})
