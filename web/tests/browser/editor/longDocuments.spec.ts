/** Of a long document only what is near is laid out, and nobody can tell. */
import type { BrowserContext, Page } from '@playwright/test'
import { expect, newDocument, saved, share, test, text, visitor, words, type Place } from '../fixtures'

const BLOCKS = 700

/** Headings, paragraphs of several lengths, lists, tables, code and rules. */
async function fill(page: Page): Promise<void> {
  await text(page).evaluate((element: HTMLElement, count) => {
    const said = (words: string) => [{ type: 'text', text: words }]
    const paragraph = (words: string) => ({ type: 'paragraph', content: said(words) })
    const cell = { type: 'tableCell', content: [paragraph('cell')] }
    const blocks = Array.from({ length: count }, (_, i) => {
      const words = `line ${i}. ${'and more words '.repeat(i % 37)}`
      if (i % 50 === 1) return { type: 'table', content: Array(3).fill({ type: 'tableRow', content: [cell, cell] }) }
      if (i % 50 === 2)
        return { type: 'bulletList', content: Array(5).fill({ type: 'listItem', content: [paragraph(words)] }) }
      if (i % 50 === 3) return { type: 'codeBlock', content: said('code\n'.repeat(6)) }
      if (i % 50 === 4) return { type: 'horizontalRule' }
      if (i % 25 === 0) return { type: 'heading', attrs: { level: 1 + (i % 3) }, content: said(`Part ${i}`) }
      return paragraph(words)
    })
    element.editor?.commands.setContent(blocks)
    element.editor?.commands.focus('start')
  }, BLOCKS)
  await saved(page)
  await expect.poll(() => hidden(page)).toBeGreaterThan(BLOCKS / 2)
}

/** A long document that its owner and a guest have open. */
async function openBoth(owner: Page, server: Place): Promise<{ page: Page; context: BrowserContext }> {
  await newDocument(owner, server)
  await fill(owner)
  const guest = await visitor(owner, await share(owner, 'edit'))
  await expect.poll(() => hidden(guest.page)).toBeGreaterThan(BLOCKS / 2)
  return guest
}

/** How many blocks have no box. */
function hidden(page: Page): Promise<number> {
  return text(page).evaluate((element) => [...element.children].filter((block) => !block.checkVisibility()).length)
}

function scrollTo(page: Page, share: number): Promise<void> {
  return page.locator('.canvas').evaluate((canvas, share) => {
    canvas.scrollTo(0, share * (canvas.scrollHeight - canvas.clientHeight))
    return new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))
  }, share)
}

/** How far what is laid out stands from where it would stand if all were, in pixels; the height of all counts as well. */
function displaced(page: Page): Promise<number> {
  return text(page).evaluate((element) => {
    const canvas = element.closest('.canvas')
    const shown = ([...element.children] as HTMLElement[]).filter((block) => block.checkVisibility())
    const tops = () => [...shown.map((block) => block.offsetTop), canvas?.scrollHeight ?? 0]
    const before = tops()
    const kept = [...document.adoptedStyleSheets]
    document.adoptedStyleSheets = []
    const after = tops()
    document.adoptedStyleSheets = kept
    return Math.max(...before.map((top, i) => Math.abs(top - (after[i] ?? 0))))
  })
}

/** What a person sees at three heights of the screen: the text that stands there, if any. */
function seen(page: Page): Promise<boolean[]> {
  return page.locator('.canvas').evaluate((canvas) => {
    const { top, height, left, width } = canvas.getBoundingClientRect()
    return [0.2, 0.4, 0.6].map((share) => {
      const at = top + share * height
      return [-16, 0, 16].some((nudge) =>
        document.elementFromPoint(left + width / 2, at + nudge)?.closest('.sheet-text > *'),
      )
    })
  })
}

test('a long document scrolls, prints and is selected as if all of it were laid out', async ({ owner, server }) => {
  await newDocument(owner, server)
  await fill(owner)
  for (const share of [0, 0.03, 0.06, 0.3, 0.5, 0.55, 1, 0.9, 0.4, 0]) {
    await scrollTo(owner, share)
    expect(await seen(owner), `at ${share}`).toEqual([true, true, true])
    expect(await displaced(owner), `at ${share}`).toBeLessThanOrEqual(2)
    expect(await hidden(owner)).toBeGreaterThan(BLOCKS / 2)
  }
  await owner.setViewportSize({ width: 600, height: 700 })
  await expect.poll(() => displaced(owner)).toBeLessThanOrEqual(2)
  await expect.poll(() => hidden(owner)).toBeGreaterThan(BLOCKS / 2)

  await owner.emulateMedia({ media: 'print' })
  expect(await hidden(owner)).toBe(0)
  await owner.emulateMedia({ media: 'screen' })

  await text(owner).focus()
  await owner.keyboard.press('Control+a')
  expect(await hidden(owner)).toBe(0)
  await owner.keyboard.type('x')
  await expect.poll(() => words(owner)).toBe('x')
  await owner.keyboard.press('Control+z')
  await expect(text(owner).locator('> *')).toHaveCount(BLOCKS)
})

test('whatever one goes to in a long document is laid out', async ({ owner, server }) => {
  const { page: guest, context } = await openBoth(owner, server)

  await text(guest).focus()
  await guest.keyboard.press('Control+End')
  await guest.keyboard.type(' the end')
  await expect(guest.getByText(/line 699.* the end/)).toBeInViewport()

  await scrollTo(guest, 0.5)
  await guest.locator('.canvas').click()
  await guest.keyboard.type('I am here')
  await expect(guest.getByText('I am here')).toBeInViewport()
  await expect(owner.getByText('I am here')).toBeAttached()
  await owner.getByRole('button', { name: /^Jump to / }).click()
  await expect(owner.getByText('I am here')).toBeInViewport()
  expect(await hidden(owner)).toBeGreaterThan(BLOCKS / 2)

  await owner.keyboard.press('Control+f')
  await owner.getByRole('textbox', { name: 'Find' }).fill('line 333.')
  await owner.keyboard.press('Enter')
  await expect(owner.getByText('line 333.')).toBeInViewport()
  await owner.keyboard.press('Escape')
  await owner.keyboard.press('End')
  await owner.keyboard.type('!')
  await expect(guest.getByText(/line 333\..*!/)).toBeAttached()

  await scrollTo(owner, 0)
  await owner.keyboard.press('ArrowDown')
  await expect(owner.getByText('line 334.')).toBeInViewport()
  // Each line as one comes to it, over blocks that were far from the caret when it was put here.
  for (let i = 0; i < 120; i += 1) await owner.keyboard.press('ArrowDown')
  await owner.keyboard.type('?')
  const caret = await text(owner).evaluate((element: HTMLElement) => {
    const { $head } = element.editor!.state.selection
    return { block: $head.index(0), shown: element.children[$head.index(0)]?.checkVisibility() }
  })
  expect(caret.shown).toBe(true)
  expect(caret.block).toBeGreaterThan(355)
  await context.close()
})

test('what others insert in the hidden part of a long document moves nothing [FM-156]', async ({ owner, server }) => {
  const { page: guest, context } = await openBoth(owner, server)
  await scrollTo(guest, 0.6)
  const place = () =>
    text(guest).evaluate((element) => {
      const top = element.closest('.canvas')?.getBoundingClientRect().top ?? 0
      const laidOut = (block: Element | null) => block?.checkVisibility()
      const blocks = [...element.children].filter(laidOut)
      const first = blocks.find((block) => block.previousElementSibling && !laidOut(block.previousElementSibling))
      const read = blocks.find((block) => block.getBoundingClientRect().top > top + 100)
      return { edge: first?.textContent, words: read?.textContent, top: read?.getBoundingClientRect().top ?? 0 }
    })
  const before = await place()
  await text(owner).evaluate((element: HTMLElement) => {
    const at = element.editor?.state.doc.resolve(0).posAtIndex(110) ?? 0
    for (let i = 0; i < 15; i += 1)
      element.editor?.commands.insertContentAt(at, `<p>${'inserted above '.repeat(i * 3)}</p>`, {
        updateSelection: false,
      })
  })
  await saved(owner)
  await expect(text(guest).locator('> *')).toHaveCount(BLOCKS + 15)
  const after = await place()
  expect(after.words).toBe(before.words)
  expect(after.edge).toBe(before.edge)
  expect(Math.abs(after.top - before.top)).toBeLessThanOrEqual(2)
  await context.close()
})

test('who reads a long document keeps the place as the window turns, and sees no blank page as others delete', async ({
  owner,
  server,
}) => {
  const { page: guest, context } = await openBoth(owner, server)
  await scrollTo(guest, 0.6)
  /** The numbers of the block at the upper edge and of the last that is laid out around it. */
  const place = () =>
    text(guest).evaluate((element) => {
      const top = element.closest('.canvas')?.getBoundingClientRect().top ?? 0
      const blocks = [...element.children]
      const read = blocks.findIndex((block) => block.checkVisibility() && block.getBoundingClientRect().bottom > top)
      const end = blocks.findIndex((block, i) => i > read && !block.checkVisibility())
      return { read, end }
    })
  const { read, end } = await place()
  for (const size of [
    { width: 390, height: 844 },
    { width: 844, height: 390 },
    { width: 1280, height: 720 },
  ]) {
    await guest.setViewportSize(size)
    await expect.poll(() => displaced(guest)).toBeLessThanOrEqual(2)
    expect((await place()).read, `at ${size.width}`).toBe(read)
  }

  await text(owner).evaluate(
    (element: HTMLElement, [from = 0, to = 0]) => {
      const at = (index: number) => element.editor?.state.doc.resolve(0).posAtIndex(index) ?? 0
      element.editor?.commands.deleteRange({ from: at(from), to: at(to) })
    },
    [read + 2, end - 2],
  )
  await expect(text(guest).locator('> *')).toHaveCount(BLOCKS - (end - read - 4))
  await expect.poll(() => seen(guest)).toEqual([true, true, true])
  await context.close()
})

test('who may only read a long document copies all of it', async ({ owner, server }) => {
  await newDocument(owner, server)
  await fill(owner)
  const { page: guest, context } = await visitor(owner, await share(owner, 'view'))
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await expect.poll(() => hidden(guest)).toBeGreaterThan(BLOCKS / 2)
  const copied = async () => {
    await guest.keyboard.press('Control+c')
    return guest.evaluate(() => navigator.clipboard.readText())
  }
  await text(guest).focus()
  await guest.keyboard.press('Control+a')
  expect(await copied()).toMatch(/^Part 0\n[^]*\nline 333\.[^]*\nline 699\./)
  await guest.locator('.canvas').click({ position: { x: 4, y: 300 } })
  await expect.poll(() => hidden(guest)).toBeGreaterThan(BLOCKS / 2)
  // As a hand selects by the mouse, from above the text to below.
  await guest.evaluate(() => getSelection()?.selectAllChildren(document.body))
  await expect.poll(() => hidden(guest)).toBe(0)
  expect(await copied()).toContain('line 333.')
  await context.close()
})

test('a screen reader is told that a long document is laid out in part, and has all of it laid out [FM-163]', async ({
  owner,
  server,
}) => {
  await newDocument(owner, server)
  await fill(owner)
  const hint = owner.getByText('This document is long')
  const choose = async () => {
    await owner.getByRole('menuitem', { name: 'View' }).click()
    await owner.getByRole('menuitemcheckbox', { name: 'Whole text for screen readers' }).click()
  }
  await expect(hint).toHaveRole('status')
  await choose()
  await expect.poll(() => hidden(owner)).toBe(0)
  await expect(hint).toHaveCount(0)
  // As it was left.
  await owner.reload()
  await expect(text(owner).locator('> *')).toHaveCount(BLOCKS)
  await text(owner).click()
  await owner.keyboard.type('x')
  await saved(owner)
  expect(await hidden(owner)).toBe(0)
  await choose()
  await expect.poll(() => hidden(owner)).toBeGreaterThan(BLOCKS / 2)
  await expect(hint).toBeAttached()
})
