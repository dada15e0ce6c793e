/** Every format of the toolbar, on a real selection: it acts, shows that it is on, and can be cleared. */
import { expect, newDocument, test, text, type } from '../fixtures'

const marks = [
  ['Bold', 'strong'],
  ['Italic', 'em'],
  ['Underline', 'u'],
  ['Strikethrough', 's'],
  ['Subscript', 'sub'],
  ['Superscript', 'sup'],
] as const

test('marks, font, size, colours, alignment and spacing act and show their state', async ({ owner, server }) => {
  await owner.setViewportSize({ width: 1600, height: 900 })
  await newDocument(owner, server)
  await type(owner, 'plain styled')
  for (let step = 0; step < 6; step += 1) await owner.keyboard.press('Shift+ArrowLeft')
  const bar = owner.getByRole('toolbar', { name: 'Formatting' })
  for (const [name, element] of marks) {
    const button = bar.getByRole('button', { name })
    await button.click()
    await expect(text(owner).locator(element)).toHaveText('styled')
    await expect(button).toHaveAttribute('aria-pressed', 'true')
  }
  await bar.getByRole('combobox', { name: 'Font' }).click()
  // A name of three words stands on one line, too.
  const height = async (font: string) => (await owner.getByRole('option', { name: font }).boundingBox())?.height ?? 0
  expect(await height('Comic Sans MS')).toBeLessThan(1.5 * (await height('Georgia')))
  await owner.getByRole('option', { name: 'Georgia' }).click()
  await bar.getByRole('combobox', { name: 'Size' }).click()
  await owner.getByRole('option', { name: '18', exact: true }).click()
  await bar.getByRole('button', { name: 'Text colour' }).click()
  await owner.getByRole('menuitemradio', { name: 'Blue', exact: true }).click()
  await bar.getByRole('button', { name: 'Highlight' }).click()
  await owner.getByRole('menuitemradio', { name: 'Yellow, light' }).click()
  await bar.getByRole('button', { name: 'Justify' }).click()
  await bar.getByRole('button', { name: 'Line spacing' }).click()
  await owner.getByRole('menuitemradio', { name: 'Double' }).click()

  const styled = text(owner).locator('span', { hasText: 'styled' }).first()
  await expect(styled).toHaveCSS('font-family', 'Georgia, serif')
  await expect(styled).toHaveCSS('font-size', '24px')
  await expect(styled).toHaveCSS('color', 'rgb(26, 95, 180)')
  await expect(text(owner).locator('mark')).toHaveCSS('background-color', 'rgb(255, 243, 163)')
  await expect(text(owner).locator('p')).toHaveAttribute('style', /text-align: justify/)
  await expect(text(owner).locator('p')).toHaveAttribute('style', /line-height: 2/)
  await expect(bar.getByRole('combobox', { name: 'Font' })).toHaveValue('Georgia')
  await expect(bar.getByRole('combobox', { name: 'Size' })).toHaveValue('18')
  await expect(bar.getByRole('button', { name: 'Justify' })).toHaveAttribute('aria-pressed', 'true')
  await bar.getByRole('button', { name: 'Text colour' }).click()
  await expect(owner.getByRole('menuitemradio', { name: 'Blue', exact: true })).toHaveAttribute('aria-checked', 'true')
  await owner.keyboard.press('Escape')

  await bar.getByRole('button', { name: 'Clear formatting' }).click()
  for (const [, element] of marks) await expect(text(owner).locator(element)).toHaveCount(0)
  await expect(text(owner).locator('span, mark')).toHaveCount(0)
  await expect(text(owner).locator('p')).not.toHaveAttribute('style', /text-align|line-height/)
  await expect(text(owner)).toHaveText('plain styled')
})

test('a menu is gone with the choice: two are never open at once', async ({ owner, server }) => {
  await newDocument(owner, server)
  for (const [tool, choice] of [
    ['Text colour', 'Blue'],
    ['Line spacing', 'Double'],
  ] as const) {
    await owner.getByRole('button', { name: tool }).click()
    await owner.getByRole('menuitemradio', { name: choice, exact: true }).click()
    expect(await owner.getByRole('menu').count(), tool).toBe(0)
  }
  await owner.getByRole('menuitem', { name: 'Format' }).click()
  await owner.getByRole('menuitem', { name: 'Clear formatting' }).click()
  expect(await owner.getByRole('menu').count(), 'Format').toBe(0)
})

test('one spacing reaches headings and paragraphs alike; clearing keeps links and headings', async ({
  owner,
  server,
}) => {
  await newDocument(owner, server)
  await type(owner, '# Title')
  await owner.keyboard.press('Enter')
  await owner.keyboard.type('see https://example.org now')
  await owner.keyboard.press('Control+a')
  await owner.getByRole('button', { name: 'Line spacing' }).click()
  await owner.getByRole('menuitemradio', { name: '1.5' }).click()
  await expect(text(owner).locator('h1')).toHaveAttribute('style', /line-height: 1.5/)
  await expect(text(owner).locator('p').first()).toHaveAttribute('style', /line-height: 1.5/)
  await expect(text(owner)).toBeFocused()
  await owner.keyboard.press('Control+b')
  await expect(text(owner).locator('h1 strong')).toHaveCount(1)
  await owner.keyboard.press('Control+\\')
  await expect(text(owner).locator('strong')).toHaveCount(0)
  await expect(text(owner).locator('h1')).not.toHaveAttribute('style', /line-height/)
  await expect(text(owner).locator('a')).toHaveText('https://example.org')
})

test('font and size show what the text has, and are blank only where it differs', async ({ owner, server }) => {
  await owner.setViewportSize({ width: 1600, height: 900 })
  await newDocument(owner, server)
  const bar = owner.getByRole('toolbar', { name: 'Formatting' })
  const font = bar.getByRole('combobox', { name: 'Font', exact: true })
  const size = bar.getByRole('combobox', { name: 'Size', exact: true })
  for (const [level, points] of [26, 18, 14, 12, 11, 10].entries()) {
    await type(owner, `${'#'.repeat(level + 1)} Heading`)
    await expect(size).toHaveValue(String(points))
    // What the field says is what the page draws.
    const heading = text(owner).locator(`h${level + 1}`)
    expect(await heading.evaluate((element) => parseFloat(getComputedStyle(element).fontSize))).toBeCloseTo(
      points / 0.75,
    )
    await owner.keyboard.press('Control+a')
    await owner.keyboard.press('Delete')
    await owner.keyboard.press('Control+Alt+0')
  }
  await type(owner, 'first')
  await owner.keyboard.press('Enter')
  await owner.keyboard.press('Enter')
  await owner.keyboard.type('last')
  await owner.keyboard.press('Control+a')
  await expect(font).toHaveValue('Arial')
  await expect(size).toHaveValue('11.5')
  await expect(text(owner)).toHaveCSS('font-family', /^Arial/)
  await owner.keyboard.press('Control+Home')
  await owner.keyboard.press('Control+Shift+ArrowRight')
  await font.click()
  await owner.getByRole('option', { name: 'Verdana' }).click()
  await owner.keyboard.press('Control+a')
  await expect(font).toHaveValue('')
  await expect(size).toHaveValue('11.5')
})

test('any size can be typed or stepped; an empty paragraph does not make it several', async ({ owner, server }) => {
  await owner.setViewportSize({ width: 1600, height: 900 })
  await newDocument(owner, server)
  await type(owner, 'first')
  await owner.keyboard.press('Enter')
  await owner.keyboard.press('Enter')
  await owner.keyboard.type('last')
  await owner.keyboard.press('Control+a')
  const bar = owner.getByRole('toolbar', { name: 'Formatting' })
  const size = bar.getByRole('combobox', { name: 'Size', exact: true })
  const first = text(owner).locator('p span').first()
  await size.click()
  await owner.keyboard.type('17')
  await owner.keyboard.press('Enter')
  await expect(first).toHaveAttribute('style', /font-size: 17pt/)
  await expect(text(owner)).toBeFocused()
  await expect(size).toHaveValue('17')
  await bar.getByRole('button', { name: 'Increase font size' }).click()
  await expect(size).toHaveValue('18')
  await owner.keyboard.press('Control+Shift+,')
  await owner.keyboard.press('Control+Shift+,')
  await expect(size).toHaveValue('16')
  await owner.keyboard.press('Control+Shift+.')
  await expect(first).toHaveAttribute('style', /font-size: 17pt/)
  for (const [typed, taken] of [
    ['13,5', '13.5'],
    ['500', '96'],
    ['words', '96'],
  ] as const) {
    await size.click()
    await owner.keyboard.type(typed)
    await owner.keyboard.press('Enter')
    await expect(size).toHaveValue(taken)
    await expect(text(owner)).toBeFocused()
  }
  // Every piece grows from its own size.
  await text(owner).getByText('first').dblclick()
  await bar.getByRole('button', { name: 'Decrease font size' }).click()
  await owner.keyboard.press('Control+a')
  await expect(size).toHaveValue('')
  await owner.keyboard.press('Control+Shift+,')
  await expect(text(owner).locator('p span')).toHaveText(['first', 'last'])
  await expect(first).toHaveAttribute('style', /font-size: 94pt/)
  await expect(text(owner).locator('p span').last()).toHaveAttribute('style', /font-size: 95pt/)
})

test('the arrow keys pass through the size field', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, 'words')
  const bar = owner.getByRole('toolbar', { name: 'Formatting' })
  await bar.getByRole('button', { name: 'Decrease font size' }).focus()
  await owner.keyboard.press('ArrowRight')
  await expect(bar.getByRole('combobox', { name: 'Size', exact: true })).toBeFocused()
  await owner.keyboard.press('ArrowRight')
  await expect(bar.getByRole('button', { name: 'Increase font size' })).toBeFocused()
})

test('any colour can be chosen, and the tool shows it', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, 'words')
  await owner.keyboard.press('Control+a')
  const tool = owner.getByRole('button', { name: 'Text colour' })
  await tool.click()
  await expect(owner.getByRole('menuitemradio')).toHaveCount(40)
  const dialog = owner.locator('.swatch-tool', { has: tool }).locator('input[type=color]')
  await dialog.evaluate((input: HTMLInputElement) => {
    input.addEventListener('click', () => (input.dataset.opened = 'yes'), { once: true })
  })
  await owner.getByRole('menuitem', { name: 'Another colour' }).click()
  await expect(dialog).toHaveAttribute('data-opened', 'yes')
  await dialog.evaluate((input: HTMLInputElement) => {
    input.value = '#12ab34'
    input.dispatchEvent(new Event('change', { bubbles: true }))
  })
  await expect(text(owner).locator('p span')).toHaveCSS('color', 'rgb(18, 171, 52)')
  await expect(tool.locator('.swatch-now')).toHaveCSS('background-color', 'rgb(18, 171, 52)')
})

test('the selection stays in sight while a tool has the focus', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, 'some words')
  await owner.keyboard.press('Control+Shift+ArrowLeft')
  const kept = text(owner).locator('.kept-selection')
  await expect(kept).toHaveCount(0)
  await owner.keyboard.press('Control+k')
  await expect(owner.getByRole('textbox', { name: 'Address' })).toBeFocused()
  await expect(kept).toHaveText('words')
  await owner.keyboard.press('Escape')
  await expect(kept).toHaveCount(0)
  expect(await owner.evaluate(() => getSelection()?.toString())).toBe('words')
  for (const name of ['Size', 'Font']) {
    await owner.getByRole('combobox', { name, exact: true }).click()
    await expect(kept).toHaveText('words')
    await owner.keyboard.press('Escape')
  }
  await owner.getByRole('button', { name: 'Text colour' }).click()
  await expect(kept).toHaveText('words')
  await owner.getByRole('menuitemradio', { name: 'Blue', exact: true }).click()
  await expect(text(owner).locator('p span')).toHaveText('words')
})

test('on a dark page a tool that is on and the lines of carets are light', async ({ owner, server }) => {
  await newDocument(owner, server)
  await owner.evaluate(() => localStorage.setItem('mantine-color-scheme-value', 'dark'))
  await owner.reload()
  await text(owner).click()
  await owner.keyboard.press('Control+b')
  const brightness = (element: Element) =>
    (getComputedStyle(element).backgroundColor.match(/\d+/g) ?? [])
      .slice(0, 3)
      .reduce((sum, part) => sum + Number(part), 0)
  const bar = owner.getByRole('toolbar', { name: 'Formatting' })
  const on = bar.getByRole('button', { name: 'Bold' })
  await expect(on).toHaveAttribute('aria-pressed', 'true')
  expect(await on.evaluate(brightness)).toBeGreaterThan((await bar.evaluate(brightness)) + 60)
  const line = await owner.evaluate(() => {
    const caret = Object.assign(document.createElement('span'), { className: 'caret' })
    caret.style.setProperty('--caret', '#1a5fb4')
    document.body.append(caret)
    return getComputedStyle(caret).borderInlineStartColor
  })
  expect(line).toMatch(/^oklch\(0\.72/)
})
