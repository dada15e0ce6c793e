/** A fault inside the editor costs no word. */
import { expect, keepApp, newDocument, saved, status, test, text, type, words } from '../fixtures'

test.use({ serviceWorkers: 'allow' })

test('a node view that throws is told, and a reload brings every word back [FM-155]', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, 'kept before the fault')
  await owner.evaluate(() => {
    document.querySelector<HTMLElement>('.sheet-text')?.editor?.view.setProps({
      nodeViews: {
        heading: () => {
          throw new Error('a node view fails')
        },
      },
    })
  })
  await owner.keyboard.press('Control+Alt+1')
  await expect(owner.getByRole('alert')).toContainText('The editor stopped')
  await expect(text(owner)).toHaveCount(0)
  await owner.getByRole('button', { name: 'Reload' }).click()
  await saved(owner)
  await expect(text(owner).locator('h1')).toHaveText('kept before the fault')
})

test('a plugin that throws is told, and every word is in the local copy [FM-155]', async ({ owner, server }) => {
  await newDocument(owner, server)
  await keepApp(owner)
  await owner.context().setOffline(true)
  await expect(status(owner)).toContainText('Offline')
  await type(owner, 'written offline')
  await owner.evaluate(() => {
    const editor = document.querySelector<HTMLElement>('.sheet-text')?.editor
    const Plugin = editor?.state.plugins[0]?.constructor as typeof import('@tiptap/pm/state').Plugin
    editor?.registerPlugin(
      new Plugin({
        state: {
          init: () => null,
          apply: (tr) => {
            if (tr.doc.textContent.includes('!')) throw new Error('a plugin fails')
            return null
          },
        },
      }),
    )
  })
  await owner.keyboard.type(' to the last key!')
  await expect(owner.getByRole('alert')).toContainText('The editor stopped')
  await owner.getByRole('button', { name: 'Reload' }).click()
  await text(owner).waitFor()
  await expect.poll(() => words(owner)).toBe('written offline to the last key!')
  await owner.context().setOffline(false)
  await saved(owner)
})

test('an editor shortcut that throws is told [FM-155]', async ({ owner, server }) => {
  await newDocument(owner, server)
  await type(owner, 'words ')
  await owner.evaluate(() => {
    const editor = document.querySelector<HTMLElement>('.sheet-text')?.editor
    const Plugin = editor?.state.plugins[0]?.constructor as typeof import('@tiptap/pm/state').Plugin
    const fail = () => {
      throw new Error('a key handler fails')
    }
    editor?.registerPlugin(new Plugin({ props: { handleKeyDown: (_, event) => event.key === '#' && fail() } }))
  })
  await owner.keyboard.press('#')
  await expect(owner.getByRole('alert')).toContainText('The editor stopped')
  await owner.reload()
  await expect.poll(() => words(owner)).toContain('words ')
})

test('a browser that is too old is told so', async ({ owner, server }) => {
  await owner.addInitScript(() => {
    const supports = CSS.supports.bind(CSS)
    CSS.supports = (property: string, value?: string) =>
      value?.startsWith('light-dark') ? false : value === undefined ? supports(property) : supports(property, value)
  })
  await owner.goto(server.url)
  await expect(owner.getByText('This browser is too old for Quire.')).toBeVisible()
  await expect(owner.getByText('Dieser Browser ist zu alt für Quire.')).toBeVisible()
})
