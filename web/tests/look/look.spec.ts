import { newDocument, test, text, type, saved } from '../browser/fixtures'
const out = '/tmp/editor-shots'
for (const scheme of ['light', 'dark'] as const)
  for (const width of [1440, 390]) {
    test(`look ${scheme} ${width}`, async ({ owner, server }) => {
      await owner.setViewportSize({ width, height: width === 390 ? 844 : 900 })
      await owner.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
      await newDocument(owner, server)
      const shot = (n: string) => owner.screenshot({ path: `${out}/${n}-${width}-${scheme}.png` })
      await type(owner, '# Quarterly plan\n')
      await type(owner, 'Some words and a link to https://example.org here.\n')
      await type(owner, '```ts \nconst tea: string = "green" // leaf\nfunction brew(n: number) { return n * 2 }')
      await owner.keyboard.press('ArrowDown')
      await owner.waitForTimeout(200)
      await shot('plain')
      if (width === 1440) {
        for (const name of ['File', 'Edit', 'Insert', 'Format', 'Help']) {
          await owner.getByRole('menuitem', { name, exact: true }).click()
          if (name === 'Insert') {
            await owner.getByRole('menuitem', { name: 'Table' }).hover()
            await owner.waitForTimeout(400)
          }
          if (name === 'Format') {
            await owner.getByRole('menuitem', { name: 'Paragraph style' }).hover()
            await owner.waitForTimeout(400)
          }
          await owner.waitForTimeout(200)
          await shot('menu-' + name)
          await owner.keyboard.press('Escape')
          await owner.keyboard.press('Escape')
        }
      } else {
        await owner.getByRole('button', { name: 'Menu', exact: true }).click()
        await owner.waitForTimeout(300)
        await shot('menu')
        await owner.getByRole('menuitem', { name: 'Insert' }).click()
        await owner.waitForTimeout(400)
        await shot('menu-insert')
        await owner.keyboard.press('Escape')
        await owner.keyboard.press('Escape')
      }
      await text(owner).getByRole('link').click()
      await owner.waitForTimeout(400)
      await shot('link')
      await owner.keyboard.press('Control+k')
      await owner.waitForTimeout(300)
      await shot('link-edit')
      await owner.keyboard.press('Escape')
      await type(owner, '')
      await owner.keyboard.press('Control+End')
      await owner.keyboard.press('Enter')
      await owner.keyboard.type('/')
      await owner.waitForTimeout(300)
      await shot('slash')
      await owner.keyboard.type('table')
      await owner.keyboard.press('Enter')
      await owner.keyboard.type('Name')
      await owner.keyboard.press('Tab')
      await owner.keyboard.type('Count :smi')
      await owner.waitForTimeout(500)
      await shot('table')
      await owner.keyboard.press('Escape')
      await owner.keyboard.press('Control+End')
      await owner.evaluate(async () => {
        const canvas = document.createElement('canvas')
        canvas.width = 600
        canvas.height = 400
        const c = canvas.getContext('2d')!
        c.fillStyle = '#2f6a55'
        c.fillRect(0, 0, 600, 400)
        c.fillStyle = '#fff3a3'
        c.fillRect(60, 60, 200, 200)
        const blob: Blob = await new Promise((r) => canvas.toBlob((b) => r(b!), 'image/png'))
        const data = new DataTransfer()
        data.items.add(new File([blob], 'plan.png', { type: 'image/png' }))
        document
          .querySelector('.sheet-text')!
          .dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
      })
      await owner.locator('.picture img').waitFor()
      await saved(owner)
      await owner.locator('.picture img').click()
      await owner.waitForTimeout(500)
      await shot('picture')
      await owner.evaluate(() => 0)
    })
  }
