/** What others write does not move the place where one writes. */
import { expect, full, newDocument, PROVE, saved, share, test, text, type, visitor, words } from '../fixtures'
import type { Page } from '@playwright/test'

const INSERTS = PROVE ? 200 : 60

/** Fills the page with paragraphs; the middle one is `left selected right`. */
async function fill(page: Page): Promise<void> {
  await page.evaluate(() => {
    const paragraphs = Array.from({ length: 61 }, (_, i) => ({
      type: 'paragraph',
      content: [{ type: 'text', text: i === 30 ? 'left selected right' : `line ${i} `.repeat(12) }],
    }))
    document.querySelector<HTMLElement>('.sheet-text')?.editor?.commands.setContent(paragraphs)
  })
}

/** Selects a word of the document, or puts the caret before it. */
async function select(page: Page, word: string, length = word.length): Promise<void> {
  await page.evaluate(
    ({ word, length }) => {
      const editor = document.querySelector<HTMLElement>('.sheet-text')?.editor
      editor?.state.doc.descendants((node, position) => {
        const at = node.isText ? (node.text ?? '').indexOf(word) : -1
        if (at >= 0) {
          const from = position + at
          // At once: what is typed next is for the text.
          editor.view.focus()
          editor
            .chain()
            .setTextSelection({ from, to: from + length })
            .scrollIntoView()
            .run()
        }
      })
    },
    { word, length },
  )
}

/** Lets another browser insert above, and around `selected`, twenty times a second. */
async function insertAround(page: Page, count: number): Promise<void> {
  await page.evaluate(
    (count) =>
      new Promise<void>((done) => {
        const editor = document.querySelector<HTMLElement>('.sheet-text')?.editor
        /** Where the letter of `left selected right` with this number stands now, whatever came between. */
        const letter = (number: number) => {
          let found = 0
          editor?.state.doc.descendants((node, position) => {
            if (!node.isTextblock || !node.textContent.startsWith('le')) return
            const letters = [...node.textContent].flatMap((letter, at) => (letter === '+' ? [] : [at]))
            found = position + 1 + (letters[number] ?? 0)
          })
          return found
        }
        let turn = 0
        const timer = setInterval(() => {
          const places = [0, letter(2), letter(8), letter(16), letter(4) + 1, letter(12) + 1]
          const place = places[turn % places.length] ?? 0
          const content = place === 0 ? { type: 'paragraph', content: [{ type: 'text', text: `above ${turn}` }] } : '+'
          editor?.commands.insertContentAt(place, content, { updateSelection: false })
          turn += 1
          if (turn === count) {
            clearInterval(timer)
            done()
          }
        }, 50)
      }),
    count,
  )
}

/** Watches, frame by frame, how far down the screen something stands; the answer is every height that was painted. */
async function watchHeights(page: Page, what: 'caret' | 'line'): Promise<() => Promise<number[]>> {
  await page.evaluate((what) => {
    const heights = new Set<number>()
    const line = [...document.querySelectorAll('.sheet-text > p')].find((element) =>
      element.textContent?.startsWith('line 32'),
    )
    const look = () => {
      const range = what === 'caret' ? getSelection()?.getRangeAt(0) : undefined
      const end = range?.cloneRange()
      // The last letter of the selection: the caret stands beside it.
      end?.setStart(end.endContainer, Math.max(0, end.endOffset - 1))
      const box = end ? end.getClientRects()[0] : line?.getBoundingClientRect()
      if (box) heights.add(Math.round(box.top))
    }
    // Painted heights only: after the frame, not in the middle of it.
    const { port1, port2 } = new MessageChannel()
    port2.onmessage = look
    const beat = () => {
      port1.postMessage(null)
      requestAnimationFrame(beat)
    }
    beat()
    Object.assign(window, { heights })
  }, what)
  return () => page.evaluate(() => [...(window as unknown as { heights: Set<number> }).heights])
}

/** Scrolling is by whole pixels; a line is more than twenty. */
function spread(heights: number[]): number {
  expect(heights.length).toBeGreaterThan(0)
  return Math.max(...heights) - Math.min(...heights)
}

test('a selection stays between its characters and on its place on the screen [FM-156]', async ({ owner, server }) => {
  test.setTimeout(90_000)
  await newDocument(owner, server)
  await fill(owner)
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await expect(text(guest)).toContainText('left selected right')
  await select(owner, 'selected')
  const heights = await watchHeights(owner, 'caret')
  await insertAround(guest, INSERTS)
  await saved(guest)
  const all = await words(guest)
  await expect.poll(() => words(owner)).toBe(all)
  const chosen = await owner.evaluate(() => getSelection()?.toString() ?? '')
  expect(chosen.replaceAll('+', '')).toBe('selected')
  expect(chosen.startsWith('s') && chosen.endsWith('d')).toBe(true)
  expect(chosen).toContain('+')
  expect(spread(await heights())).toBeLessThan(2)
  await context.close()
})

test('a caret in a heading, and bold chosen for the next letter, outlast others’ changes [FM-156]', async ({
  owner,
  server,
}) => {
  await newDocument(owner, server)
  await fill(owner)
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await expect(text(guest)).toContainText('left selected right')
  await select(owner, 'selected', 0)
  await owner.keyboard.press('Control+Alt+2')
  await expect(text(guest).locator('h2')).toContainText('selected right')
  await select(owner, 'lected', 0)
  await owner.keyboard.press('Control+b')
  await insertAround(guest, 24)
  const all = await words(guest)
  await expect.poll(() => words(owner)).toBe(all)
  await owner.keyboard.type('|')
  await expect(text(owner).locator('h2 strong')).toHaveText('|')
  expect((await text(owner).locator('h2').textContent())?.replaceAll('+', '')).toContain('left se|lected right')
  await context.close()
})

test('a reader’s line stays in place while others write above it [FM-156]', async ({ owner, server }) => {
  await newDocument(owner, server)
  await fill(owner)
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await guest.evaluate(() => {
    const line = [...document.querySelectorAll('.sheet-text > p')].find((element) =>
      element.textContent?.startsWith('line 31'),
    )
    line?.scrollIntoView({ block: 'start' })
  })
  const heights = await watchHeights(guest, 'line')
  await insertAround(owner, 40)
  await saved(owner)
  await expect(text(guest)).toContainText('above 36')
  expect(spread(await heights())).toBeLessThan(2)
  await context.close()
})

test('a scroll under way goes on while others write elsewhere', async ({ owner, server }) => {
  await newDocument(owner, server)
  await fill(owner)
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await type(guest, 'below ')
  await expect(text(owner)).toContainText('below')
  await text(owner).evaluate((element: HTMLElement) => element.editor?.commands.focus('start'))
  await guest.evaluate(() => {
    setInterval(() => document.execCommand('insertText', false, '.'), 50)
  })
  await expect(text(owner)).toContainText('...')
  // The caret is in sight all the way.
  const scroller = owner.locator('.canvas')
  await scroller.evaluate((element) => element.scrollTo({ top: 40, behavior: 'smooth' }))
  await expect.poll(() => scroller.evaluate((element) => element.scrollTop)).toBeGreaterThan(35)
  await context.close()
})

test(
  'a caret that is moved while others write is where it was put, and so is the next letter [FM-156]',
  full('200 moves'),
  async ({ owner, server }) => {
    await newDocument(owner, server)
    await owner.evaluate(() => {
      const lines = Array.from({ length: 6 }, (_, line) => ({
        type: 'paragraph',
        content: [{ type: 'text', text: `${line}:` }],
      }))
      document.querySelector<HTMLElement>('.sheet-text')?.editor?.commands.setContent(lines)
    })
    await saved(owner)
    const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
    await expect(text(guest).locator('p').nth(5)).toBeVisible()
    await owner.evaluate(() => {
      const editor = document.querySelector<HTMLElement>('.sheet-text')?.editor
      const write = () => {
        if (editor) editor.view.dispatch(editor.state.tr.insertText('.', editor.state.doc.content.size - 1))
      }
      Object.assign(window, { writing: setInterval(write, 15) })
    })
    await text(guest).click()
    const moves = PROVE ? 200 : 40
    const expected = ['', '', '', '', '']
    for (let move = 0; move < moves; move += 1) {
      const line = move % 5
      const letter = String.fromCharCode(97 + (move % 26))
      // One half by keys in a row, one half by the mouse.
      if (move % 2 === 0) {
        await guest.keyboard.press('Control+Home')
        for (let down = 0; down < line; down += 1) await guest.keyboard.press('ArrowDown')
        await guest.keyboard.press('End')
      } else {
        const box = await text(guest).locator('p').nth(line).boundingBox()
        await guest.mouse.click((box?.x ?? 0) + (box?.width ?? 0) - 5, (box?.y ?? 0) + (box?.height ?? 0) / 2)
      }
      await guest.keyboard.type(letter)
      expected[line] += letter
    }
    await owner.evaluate(() => clearInterval((window as unknown as { writing: number }).writing))
    await saved(guest)
    const lines = await text(guest).locator('p').allInnerTexts()
    expect(lines.slice(0, 5)).toEqual(expected.map((letters, line) => `${line}:${letters}`))
    await context.close()
  },
)
