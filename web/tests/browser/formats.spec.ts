/** Every format of the toolbar, on a real selection: it acts, shows that it is on, and can be cleared. */
import { expect, newDocument, test, text, type } from './fixtures'

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
  await owner.getByRole('option', { name: 'Georgia' }).click()
  await bar.getByRole('combobox', { name: 'Size' }).click()
  await owner.getByRole('option', { name: '18pt' }).click()
  await bar.getByRole('button', { name: 'Text colour' }).click()
  await owner.getByRole('menuitemradio', { name: 'Blue' }).click()
  await bar.getByRole('button', { name: 'Highlight' }).click()
  await owner.getByRole('menuitemradio', { name: 'Yellow' }).click()
  await bar.getByRole('button', { name: 'Justify' }).click()
  await bar.getByRole('button', { name: 'Line spacing' }).click()
  await owner.getByRole('menuitemradio', { name: 'Double' }).click()

  const styled = text(owner).locator('span', { hasText: 'styled' }).first()
  await expect(styled).toHaveCSS('font-family', 'Georgia')
  await expect(styled).toHaveCSS('font-size', '24px')
  await expect(styled).toHaveCSS('color', 'rgb(26, 95, 180)')
  await expect(text(owner).locator('mark')).toHaveCSS('background-color', 'rgb(255, 243, 163)')
  await expect(text(owner).locator('p')).toHaveAttribute('style', /text-align: justify/)
  await expect(text(owner).locator('p')).toHaveAttribute('style', /line-height: 2/)
  await expect(bar.getByRole('combobox', { name: 'Font' })).toHaveValue('Georgia')
  await expect(bar.getByRole('combobox', { name: 'Size' })).toHaveValue('18pt')
  await expect(bar.getByRole('button', { name: 'Justify' })).toHaveAttribute('aria-pressed', 'true')
  await bar.getByRole('button', { name: 'Text colour' }).click()
  await expect(owner.getByRole('menuitemradio', { name: 'Blue' })).toHaveAttribute('aria-checked', 'true')
  await owner.keyboard.press('Escape')

  await bar.getByRole('button', { name: 'Clear formatting' }).click()
  for (const [, element] of marks) await expect(text(owner).locator(element)).toHaveCount(0)
  await expect(text(owner).locator('span, mark')).toHaveCount(0)
  await expect(text(owner).locator('p')).not.toHaveAttribute('style', /text-align|line-height/)
  await expect(text(owner)).toHaveText('plain styled')
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
  await owner.keyboard.press('Control+b')
  await owner.keyboard.press('Control+\\')
  await expect(text(owner).locator('strong')).toHaveCount(0)
  await expect(text(owner).locator('h1')).not.toHaveAttribute('style', /line-height/)
  await expect(text(owner).locator('a')).toHaveText('https://example.org')
})
