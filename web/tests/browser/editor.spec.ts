/** What the editor offers besides typing. */
import AxeBuilder from '@axe-core/playwright'
import { expect, newDocument, test, text as textOf, type } from './fixtures'

test('find and replace counts, steps, and replaces all in one step', async ({ owner, server }) => {
  await newDocument(owner, server)
  const text = textOf(owner)
  await type(owner, 'cat Cat category cat')
  await owner.keyboard.press('Control+f')
  const panel = owner.getByRole('search', { name: 'Find and replace' })
  await panel.getByRole('textbox', { name: 'Find' }).fill('cat')
  await expect(panel.getByRole('status')).toHaveText('1 of 4')
  await panel.getByRole('checkbox', { name: 'Whole words' }).check()
  await expect(panel.getByRole('status')).toHaveText('1 of 3')
  await panel.getByRole('checkbox', { name: 'Match case' }).check()
  await expect(panel.getByRole('status')).toHaveText('1 of 2')
  await panel.getByRole('textbox', { name: 'Find' }).press('Enter')
  await expect(panel.getByRole('status')).toHaveText('2 of 2')
  await panel.getByRole('textbox', { name: 'Replace with' }).fill('dog')
  await panel.getByRole('button', { name: 'Replace all' }).click()
  await expect(text).toContainText('dog Cat category dog')
  await owner.keyboard.press('Escape')
  await expect(panel).toBeHidden()
  await expect(text).toBeFocused()
  await owner.keyboard.press('Control+z')
  await expect(text).toContainText('cat Cat category cat')
})

test('a selection offers formats and a link beside it', async ({ owner, server }) => {
  await newDocument(owner, server)
  const text = textOf(owner)
  await type(owner, 'some words')
  await owner.keyboard.press('Control+a')
  const menu = owner.getByRole('toolbar', { name: 'Format selection' })
  await menu.getByRole('button', { name: 'Bold' }).click()
  await expect(text.locator('strong')).toHaveText('some words')
  await expect(menu.getByRole('button', { name: 'Bold' })).toHaveAttribute('aria-pressed', 'true')
  await menu.getByRole('button', { name: 'Link' }).click()
  await owner.getByRole('textbox', { name: 'Address' }).fill('example.org')
  await owner.keyboard.press('Enter')
  await expect(text.locator('a')).toHaveAttribute('href', 'https://example.org')
})

test('the list of shortcuts opens from the keyboard', async ({ owner, server }) => {
  await newDocument(owner, server)
  await textOf(owner).click()
  await owner.keyboard.press('Control+/')
  const help = owner.getByRole('dialog', { name: 'Keyboard shortcuts' })
  await expect(help).toContainText('Find and replace')
  await owner.keyboard.press('Escape')
  await expect(help).toBeHidden()
})

for (const scheme of ['light', 'dark'] as const) {
  test(`axe finds nothing in list, document and sign-in, ${scheme}`, async ({ owner, server }) => {
    await owner.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
    await owner.goto(`${server.url}/`)
    await owner.getByRole('heading', { name: 'Documents' }).waitFor()
    expect(await violations(owner)).toEqual([])
    await newDocument(owner, server)
    await type(owner, 'words for the screen reader')
    await owner.keyboard.press('Control+f')
    await owner.getByRole('search').waitFor()
    expect(await violations(owner)).toEqual([])
    await owner.screenshot({ path: test.info().outputPath(`find-${scheme}.png`) })
    await owner.setViewportSize({ width: 390, height: 800 })
    expect(await violations(owner)).toEqual([])
    await owner.screenshot({ path: test.info().outputPath(`find-${scheme}-390.png`) })
    const stranger = await owner.context().browser()?.newContext({ colorScheme: scheme })
    const door = await stranger?.newPage()
    await door?.goto(`${server.url}/`)
    await door?.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(door && (await violations(door))).toEqual([])
    await stranger?.close()
  })
}

async function violations(page: import('@playwright/test').Page): Promise<string[]> {
  const found = await new AxeBuilder({ page }).analyze()
  return found.violations.map(
    (violation) =>
      `${violation.id}: ${violation.nodes.map((node) => `${node.target.join(' ')} ${node.any[0]?.message ?? ''}`).join('; ')}`,
  )
}
