/** Quire without a mouse and without a screen. */
import type { Locator, Page } from '@playwright/test'
import { expect, newDocument, OWNER, saved, share, status, test, text, type, visitor } from '../fixtures'
import { QuireServer } from '../server'

/** Presses Tab until the element has the focus. */
async function tabTo(page: Page, goal: Locator, key = 'Tab'): Promise<void> {
  await goal.waitFor()
  for (let press = 0; press < 80; press += 1) {
    await page.keyboard.press(key)
    if (await goal.evaluate((element) => element === document.activeElement)) return
  }
  throw new Error(`not reached by ${key}: ${goal.toString()}`)
}

/** Presses an arrow until the menu's entry has the focus, then Enter. */
async function pick(page: Page, name: string): Promise<void> {
  const entry = page.getByRole('menuitem', { name })
  await entry.waitFor()
  for (let press = 0; press < 10; press += 1) {
    if (await entry.evaluate((element) => element === document.activeElement)) break
    await page.keyboard.press('ArrowDown')
  }
  await expect(entry).toBeFocused()
  await page.keyboard.press('Enter')
}

test('from setting up to restoring a document without touching the mouse [FM-163]', async ({ browser }) => {
  test.setTimeout(120_000)
  const server = await QuireServer.start()
  const context = await browser.newContext({ reducedMotion: 'reduce' })
  try {
    const page = await context.newPage()
    await page.goto(server.url)
    await tabTo(page, page.getByRole('textbox', { name: 'Name' }))
    await page.keyboard.type(OWNER.name)
    await tabTo(page, page.getByRole('textbox', { name: 'Email' }))
    await page.keyboard.type(OWNER.email)
    await tabTo(page, page.getByRole('textbox', { name: 'Password' }))
    await page.keyboard.type(OWNER.password)
    await page.keyboard.press('Enter')
    await expect(page.getByRole('heading', { name: 'Documents' })).toBeFocused()

    await page.reload()
    await page.getByRole('heading', { name: 'Documents' }).waitFor()
    await page.keyboard.press('Tab')
    const skip = page.getByRole('link', { name: 'Skip to the content' })
    await expect(skip).toBeFocused()
    await expect(skip).toBeInViewport()
    await page.keyboard.press('Enter')
    await expect(page.getByRole('main')).toBeFocused()
    await page.keyboard.press('Tab')
    await expect(page.getByTestId('new-document')).toBeFocused()
    await page.keyboard.press('Enter')

    await expect(text(page)).toBeFocused()
    await page.keyboard.type('Written by keyboard')
    await page.keyboard.press('Control+a')
    await page.keyboard.press('Alt+F10')
    await expect(page.getByRole('toolbar', { name: 'Formatting' }).locator(':focus')).toHaveCount(1)
    const bold = page.getByRole('toolbar', { name: 'Formatting' }).getByRole('button', { name: /^Bold/ })
    for (let press = 0; press < 12; press += 1) {
      if (await bold.evaluate((element) => element === document.activeElement)) break
      await page.keyboard.press('ArrowRight')
    }
    await expect(bold).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(text(page).locator('strong')).toHaveText('Written by keyboard')
    await page.keyboard.press('Alt+F10')
    await expect(bold).toBeFocused()
    // The whole row is one stop of Tab: the text is next.
    await page.keyboard.press('Tab')
    await expect(text(page)).toBeFocused()
    await page.keyboard.press('Alt+F10')
    await page.keyboard.press('Escape')
    await expect(text(page)).toBeFocused()
    await saved(page)

    // Tab belongs to the text until Escape lets it go.
    await page.keyboard.press('Escape')
    const button = page.getByRole('button', { name: 'Share' })
    await tabTo(page, button, 'Shift+Tab')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await expect(dialog.locator(':focus')).toHaveCount(1)
    await dialog.getByRole('radio', { name: 'Have no access' }).waitFor()
    await page.keyboard.press('Tab')
    await expect(dialog.getByRole('radio', { name: 'Have no access' })).toBeFocused()
    await page.keyboard.press('ArrowDown')
    await expect(dialog.getByRole('radio', { name: 'Can view' })).toBeChecked()
    await tabTo(page, dialog.getByRole('button', { name: 'Copy link' }))
    await page.keyboard.press('Enter')
    await expect(dialog.getByRole('button', { name: 'Copied' })).toBeVisible()
    for (let press = 0; press < 12; press += 1) {
      await page.keyboard.press('Tab')
      await expect(dialog.locator(':focus')).toHaveCount(1)
    }
    await page.keyboard.press('Escape')
    await expect(dialog).toHaveCount(0)
    await expect(button).toBeFocused()

    await tabTo(page, page.getByRole('link', { name: 'Documents' }), 'Shift+Tab')
    await page.keyboard.press('Enter')
    const card = page.getByRole('link', { name: 'Untitled document' })
    await tabTo(page, card)
    await page.keyboard.press('ArrowRight')
    await expect(page.getByRole('link', { name: 'Welcome to Quire' })).toBeFocused()
    await page.keyboard.press('Home')
    await expect(card).toBeFocused()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await pick(page, 'Rename')
    await expect(page.getByRole('textbox', { name: 'Document title' })).toBeFocused()
    await page.keyboard.type('By keyboard')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('dialog')).toHaveCount(0)
    const actions = page.getByRole('button', { name: 'Actions for By keyboard' })
    await expect(actions).toBeFocused()
    // A dialog that is still fading takes the focus back once more, and with it a menu that opened meanwhile.
    await expect(async () => {
      await page.keyboard.press('Enter')
      await expect(page.getByRole('menu')).toBeVisible({ timeout: 1000 })
    }).toPass()
    await pick(page, 'Move to trash')
    await expect(page.getByRole('link', { name: 'Welcome to Quire' })).toBeFocused()

    await tabTo(page, page.getByRole('link', { name: 'Trash' }), 'Shift+Tab')
    await page.keyboard.press('Enter')
    await tabTo(page, actions)
    await page.keyboard.press('Enter')
    await pick(page, 'Restore')
    await page.getByText('The trash is empty').waitFor()
    await tabTo(page, page.getByRole('navigation').getByRole('link', { name: 'Documents' }), 'Shift+Tab')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('link', { name: 'By keyboard' })).toBeVisible()
  } finally {
    await context.close()
    await server.discard()
  }
})

/** Keeps what a screen reader would say: every new text of a live region, with its politeness. */
async function listen(page: Page): Promise<() => Promise<string[]>> {
  await page.addInitScript(() => {
    const heard: string[] = []
    Object.assign(window, { heard })
    new MutationObserver((changes) => {
      for (const { target } of changes) {
        const element = target instanceof Element ? target : target.parentElement
        const region = element?.closest('[role=status], [role=alert], [aria-live]')
        const said = region?.textContent?.trim()
        if (!region || !said) continue
        const line = `${region.getAttribute('role') === 'alert' ? 'alert' : 'polite'}: ${said}`
        if (heard.at(-1) !== line) heard.push(line)
      }
    }).observe(document, { subtree: true, childList: true, characterData: true })
  })
  return () => page.evaluate(() => (window as unknown as { heard: string[] }).heard)
}

test('people, status, finds and pages are announced politely [FM-163]', async ({ owner, server }) => {
  const heard = await listen(owner)
  await newDocument(owner, server)
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await expect.poll(heard).toContainEqual(expect.stringMatching(/^polite: Anonymous \w+ \(guest\) joined$/))
  await type(owner, 'one two one')
  await saved(owner)
  await saved(guest)
  await context.close()
  await expect.poll(heard).toContainEqual(expect.stringMatching(/^polite: Anonymous \w+ \(guest\) left$/))

  await owner.keyboard.press('Control+f')
  await owner.keyboard.type('one')
  await expect.poll(heard).toContain('polite: 1 of 2')
  await owner.keyboard.press('Escape')

  await owner.context().setOffline(true)
  await expect.poll(heard).toContainEqual(expect.stringMatching(/^polite: Offline since .+ Keep writing/))
  await owner.context().setOffline(false)
  await saved(owner)
  await expect.poll(async () => (await heard()).at(-1)).toBe('polite: Saved')
  // Each key makes "Saving" and "Saved": nobody is told of every one.
  const before = (await heard()).length
  await type(owner, 'a quick few words')
  await saved(owner)
  await expect(status(owner)).toHaveText('Saved')
  expect((await heard()).length - before).toBeLessThan(3)

  await owner.getByRole('link', { name: 'Documents' }).click()
  await expect.poll(heard).toContain('polite: Documents – Quire')
  await owner.getByRole('searchbox', { name: 'Search by title' }).fill('nothing is called this')
  await expect.poll(heard).toContain('polite: Nothing found')
})

test('with reduced motion nothing moves [FM-163]', async ({ owner, server }) => {
  await owner.emulateMedia({ reducedMotion: 'reduce' })
  await newDocument(owner, server)
  await owner.getByRole('button', { name: 'Share' }).click()
  await owner.getByRole('dialog').waitFor()
  const moving = await owner.evaluate(() =>
    [...document.querySelectorAll('*')]
      .filter((element) => {
        const style = getComputedStyle(element)
        const longest = (times: string) => Math.max(...times.split(',').map(Number.parseFloat))
        return longest(style.transitionDuration) > 0.001 || longest(style.animationDuration) > 0.001
      })
      .map((element) => element.className),
  )
  expect(moving).toEqual([])
})

test('Tab indents, and after Escape it leaves the text [FM-163]', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, 'one')
  const paragraph = text(owner).locator('p')
  await owner.keyboard.press('Tab')
  await owner.keyboard.type(' two')
  await expect(paragraph).toHaveText('one two')
  await expect(paragraph).toHaveAttribute('data-indent', '1')
  for (let press = 0; press < 2; press += 1) await owner.keyboard.press('Shift+Tab')
  await expect(paragraph).not.toHaveAttribute('data-indent')
  await expect(text(owner)).toBeFocused()
  // An item that cannot go deeper stays, and so does the caret.
  await owner.keyboard.press('Control+Shift+8')
  await owner.keyboard.press('Tab')
  await owner.keyboard.type(' three')
  await expect(text(owner).locator('li')).toHaveText('one two three')
  // Escape closes a list of suggestions first: that is no farewell.
  await owner.keyboard.type(' :tad')
  await expect(owner.getByRole('listbox', { name: 'Emoji' })).toBeVisible()
  await owner.keyboard.press('Escape')
  await expect(owner.getByRole('listbox', { name: 'Emoji' })).toHaveCount(0)
  await owner.keyboard.press('Tab')
  await expect(text(owner)).toBeFocused()
  // Any other key takes the farewell back.
  await owner.keyboard.press('Escape')
  await owner.keyboard.type('!')
  await owner.keyboard.press('Tab')
  await expect(text(owner)).toBeFocused()
  await owner.keyboard.press('Escape')
  await owner.keyboard.press('Tab')
  await expect(text(owner)).not.toBeFocused()
  await text(owner).focus()
  await owner.keyboard.press('Escape')
  await owner.keyboard.press('Shift+Tab')
  await expect(text(owner)).not.toBeFocused()
})

test('what is done from a menu leads back to the text, also from an inner menu or a dialog [FM-163]', async ({
  owner,
  server,
}) => {
  await newDocument(owner, server)
  await type(owner, 'one')
  const menu = async (name: string) => {
    await owner.getByRole('menuitem', { name, exact: true }).focus()
    await owner.keyboard.press('Enter')
    await expect(owner.getByRole('menu').locator(':focus')).toHaveCount(1)
  }
  await owner.getByRole('menuitem', { name: 'View' }).click()
  await owner.getByRole('menuitemcheckbox', { name: 'Outline' }).click()
  await expect(text(owner)).toBeFocused()
  await menu('View')
  await pick(owner, 'Word count')
  await expect(owner.getByRole('dialog').locator(':focus')).toHaveCount(1)
  await owner.keyboard.press('Escape')
  await expect(text(owner)).toBeFocused()

  await menu('File')
  const download = owner.getByRole('menuitem', { name: 'Download as' })
  for (let press = 0; press < 4; press += 1) await owner.keyboard.press('ArrowDown')
  for (const key of ['ArrowLeft', 'Escape']) {
    await expect(download).toBeFocused()
    await owner.keyboard.press('ArrowRight')
    await expect(owner.getByRole('menuitem', { name: 'Markdown' })).toBeFocused()
    await owner.keyboard.press(key)
  }
  await expect(text(owner)).toBeFocused()

  // Nothing without a name lies on the way to the tools beside a selection.
  await owner.keyboard.press('Control+a')
  await owner.getByRole('toolbar', { name: 'Format selection' }).waitFor()
  await owner.keyboard.press('Escape')
  await owner.keyboard.press('Tab')
  await expect(owner.getByRole('button', { name: 'Bold', exact: true })).toBeFocused()

  // Colours stand in rows.
  await owner.getByRole('button', { name: 'Text colour' }).focus()
  await owner.keyboard.press('Enter')
  await expect(owner.getByRole('menuitemradio', { name: 'Black' })).toBeFocused()
  await owner.keyboard.press('ArrowRight')
  await owner.keyboard.press('ArrowDown')
  await expect(owner.getByRole('menuitemradio', { name: 'Orange, light' })).toBeFocused()
  await owner.keyboard.press('Escape')

  // Everything is saved as it is written.
  await owner.evaluate(() => addEventListener('keydown', (event) => (document.title = String(event.defaultPrevented))))
  await owner.keyboard.press('Control+s')
  await expect(owner).toHaveTitle('true')

  await menu('File')
  await pick(owner, 'Rename')
  const title = owner.getByRole('textbox', { name: 'Document title' })
  await expect(title).toBeFocused()
  await owner.keyboard.type('Named from the menu')
  await owner.keyboard.press('Enter')
  await expect(text(owner)).toBeFocused()
  await menu('File')
  await pick(owner, 'Move to trash')
  await expect(owner.getByRole('heading', { name: 'Documents' })).toBeFocused()
  await owner.getByRole('alert').getByRole('button', { name: 'Undo' }).click()
  await expect(owner.getByRole('link', { name: 'Named from the menu' })).toBeVisible()
})

test('with colours forced by the system, what is on, found and picked can be told [FM-163]', async ({
  owner,
  server,
}) => {
  await newDocument(owner, server)
  await owner.emulateMedia({ forcedColors: 'active' })
  await type(owner, '[ ] done')
  await expect(text(owner).getByRole('checkbox')).toHaveCSS('appearance', 'auto')
  const plate = (name: string) => owner.locator(name).evaluate((element) => getComputedStyle(element).backgroundColor)
  await owner.keyboard.press('Control+f')
  await owner.keyboard.type('done')
  await owner.getByText('1 of 1').waitFor()
  expect(await plate('.find-and-replace-result')).not.toBe(await plate('.sheet'))
  await owner.keyboard.press('Escape')
  await owner.keyboard.press('Control+End')
  await owner.keyboard.type(' /')
  await owner.getByRole('listbox').waitFor()
  expect(await plate('.suggestions [aria-selected=true]')).not.toBe(await plate('.suggestions'))
})
