/** A program that writes nonsense into a document disturbs nobody who writes in it. */
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import type { Page } from '@playwright/test'
import * as Y from 'yjs'
import { MISPLACED } from '../../replicas/misplaced'
import { expect, newDocument, partsOf, saved, share, test, text, type, visitor, words } from '../fixtures'

// Where workers are forbidden the registering fails, and faults are counted here.
test.use({ serviceWorkers: 'allow' })

/** Waits until the text has all of these: `expect` asks again at longer and longer intervals. */
const shows = (page: Page, ...wanted: string[]) =>
  page.waitForFunction(
    (all) => all.every((words) => document.querySelector('.sheet-text')?.textContent?.includes(words)),
    wanted,
    { timeout: 8_000 },
  )

test('everybody writes on beside whatever a program writes, and opens the document again', async ({
  owner,
  server,
}) => {
  test.slow()
  const faults: string[] = []
  const watch = (page: typeof owner) => page.on('pageerror', (error) => faults.push(error.stack ?? error.message))
  await newDocument(owner, server)
  watch(owner)
  await type(owner, 'first ')
  const link = await share(owner, 'edit')
  const guest = await visitor(owner, link)
  watch(guest.page)
  const { document, token } = partsOf(link)
  const websocketProvider = new HocuspocusProviderWebsocket({
    url: `${server.url.replace(/^http/, 'ws')}/collab`,
  })
  const provider = new HocuspocusProvider({ websocketProvider, name: document, token, document: new Y.Doc() })
  provider.attach()
  await expect.poll(() => provider.isSynced).toBe(true)
  const root = provider.document.getXmlFragment('default')
  for (const [turn, [name, write]] of Object.entries(MISPLACED).entries()) {
    await test.step(name, async () => {
      write(root)
      const end = new Y.XmlElement('paragraph')
      end.insert(0, [new Y.XmlText(`after ${name}`)])
      root.insert(root.length, [end])
      // In turns, which takes half the time of both at each.
      const [writer, other] = turn % 2 ? [guest.page, owner] : [owner, guest.page]
      await shows(writer, `after ${name}`)
      await text(writer).locator('p', { hasText: 'first' }).first().click()
      await writer.keyboard.press('Home')
      await writer.keyboard.type(`w${turn} `)
      // One after the other: whoever writes next sees the words.
      await shows(other, `after ${name}`, `w${turn} `)
    })
  }
  await saved(owner)
  await saved(guest.page)
  const everything = Object.keys(MISPLACED).map((_, turn) => `w${turn}`)
  const lost = async (page: typeof owner) => {
    const shown = await words(page)
    return everything.filter((word) => !shown.includes(`${word} `))
  }
  expect(await lost(owner)).toEqual([])
  await owner.reload()
  await saved(owner)
  expect(await lost(owner)).toEqual([])
  await type(owner, 'at the end')
  await expect(text(guest.page)).toContainText('at the end')
  expect(faults).toEqual([])
  provider.destroy()
  websocketProvider.destroy()
  await guest.context.close()
})
