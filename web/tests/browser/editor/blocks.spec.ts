/** Blocks and signs that typing makes: the slash menu, Markdown, lists, code, emoji. */
import { paste } from '../clipboard'
import { expect, newDocument, saved, test, text, type } from '../fixtures'

test('the slash menu finds blocks by other names too', async ({ owner, server }) => {
  await newDocument(owner, server)
  await text(owner).click()
  await owner.keyboard.type('/')
  const menu = owner.getByRole('listbox', { name: 'Insert a block' })
  await expect(menu.getByRole('group', { name: 'Lists' }).getByRole('option')).toHaveCount(3)
  await owner.keyboard.type('todo')
  await expect(menu.getByRole('option')).toHaveText(['Task list'])
  const chosen = await menu.getByRole('option').getAttribute('id')
  await expect(text(owner)).toHaveAttribute('aria-activedescendant', chosen ?? '')
  await owner.keyboard.press('Enter')
  await owner.keyboard.type('wash up')
  await expect(text(owner).locator('ul[data-type=taskList] li p')).toHaveText('wash up')
})

test('Markdown signs and Tab in lists make real blocks', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, '## Title')
  await owner.keyboard.press('Enter')
  await owner.keyboard.type('- outer')
  await owner.keyboard.press('Enter')
  await owner.keyboard.press('Tab')
  await owner.keyboard.type('inner **bold** and `code`')
  await expect(text(owner).locator('h2')).toHaveText('Title')
  await expect(text(owner).locator('ul ul li')).toHaveText('inner bold and code')
  await expect(text(owner).locator('ul ul strong')).toHaveText('bold')
  await owner.keyboard.press('Shift+Tab')
  await expect(text(owner).locator('ul ul')).toHaveCount(0)
})

test('pasted Markdown makes real blocks; one undo brings back the text as it was written', async ({
  owner,
  server,
}) => {
  await newDocument(owner, server)
  await type(owner, 'before')
  await owner.keyboard.press('Enter')
  await paste(owner, { text: '# Pasted\n\n1. **first**\n2. second' })
  await expect(text(owner).locator('h1')).toHaveText('Pasted')
  await expect(text(owner).locator('ol li')).toHaveText(['first', 'second'])
  await owner.keyboard.press('Control+z')
  await expect(text(owner).locator('p')).toHaveText(['before', '# Pasted', '', '1. **first**', '2. second'])
  await owner.keyboard.press('Control+z')
  await expect(text(owner).locator('p')).toHaveText(['before', ''])
})

test('a nested numbered list counts otherwise at every depth, with even gaps', async ({ owner, server }) => {
  await newDocument(owner, server)
  await paste(owner, {
    html: '<ol><li>one<ol><li>in<ol><li>inner<ol><li>innermost</li></ol></li></ol></li></ol></li><li>two</li><li>three</li></ol>',
  })
  const lists = text(owner).locator('ol')
  for (const [depth, style] of ['decimal', 'lower-alpha', 'lower-roman', 'decimal'].entries())
    await expect(lists.nth(depth)).toHaveCSS('list-style-type', style)
  const tops = await text(owner)
    .locator('li > p')
    .evaluateAll((lines) => lines.map((line) => line.getBoundingClientRect().top))
  const gaps = tops.slice(1).map((top, index) => Math.round(top - (tops[index] ?? 0)))
  expect(new Set(gaps).size).toBe(1)
})

test('a code block shows and changes its language', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, '```')
  await owner.keyboard.press('Enter')
  await owner.keyboard.type('def tea(): return "green"')
  const block = text(owner).locator('.code-block')
  const language = block.getByRole('combobox', { name: 'Language of the code' })
  await language.focus()
  await language.selectOption('Python')
  await expect(block.locator('.hljs-keyword').first()).toHaveText('def')
  await expect(text(owner)).toBeFocused()
  await saved(owner)
  await owner.reload()
  await expect(language).toHaveValue('python')
  await expect(block.locator('.hljs-string')).toHaveText('"green"')
})

test('emoji are typed by name, chosen from a list, and are plain characters', async ({ owner, server }) => {
  const url = await newDocument(owner, server)
  await type(owner, 'party :tad')
  await expect(owner.getByRole('listbox', { name: 'Emoji' }).getByRole('option').first()).toHaveText('🎉 tada')
  await owner.keyboard.press('Enter')
  await owner.keyboard.type(' :rocket:')
  await expect(text(owner)).toHaveText('party 🎉 🚀')
  await owner.getByRole('menuitem', { name: 'Insert' }).click()
  await owner.getByRole('menuitem', { name: 'Emoji' }).click()
  // Given up, the dialog leads back to the text.
  await owner.getByRole('button', { name: 'grinning face', exact: true }).waitFor()
  for (const key of ['ArrowDown', 'ArrowRight', 'ArrowDown', 'ArrowUp']) await owner.keyboard.press(key)
  await expect(owner.getByRole('button', { name: 'grinning face with big eyes' })).toBeFocused()
  await owner.keyboard.press('Escape')
  await expect(text(owner)).toBeFocused()
  await owner.getByRole('menuitem', { name: 'Insert' }).click()
  await owner.getByRole('menuitem', { name: 'Emoji' }).click()
  await owner.getByRole('textbox', { name: 'Search emoji' }).fill('teapot')
  await owner.getByRole('button', { name: 'teapot' }).click()
  await expect(text(owner)).toHaveText('party 🎉 🚀🫖')
  await saved(owner)
  const kept = await owner.request.get(`${url.replace('/d/', '/api/v1/documents/')}/content?format=text`)
  expect((await kept.text()).trim()).toBe('party 🎉 🚀🫖')
})

test('the items of every kind of list stand as near to each other', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, '- one\ntwo\nthree\n\n[] one\ntwo\nthree')
  const distance = async (list: string) => {
    const items = text(owner).locator(`${list} > li`)
    const [first, second] = [await items.nth(0).boundingBox(), await items.nth(1).boundingBox()]
    return (second?.y ?? 0) - (first?.y ?? 0)
  }
  const bullets = await distance('ul:not([data-type])')
  expect(Math.abs((await distance('ul[data-type=taskList]')) - bullets)).toBeLessThan(4)
})
