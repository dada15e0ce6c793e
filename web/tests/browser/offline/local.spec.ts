/** The local copy: closed browsers, several tabs, a week away, and storage that fails. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContext, type Page } from '@playwright/test'
import {
  expect,
  full,
  keepApp,
  newColleague,
  newDocument,
  PROVE,
  saved,
  signIn,
  status,
  text,
  type,
  words,
} from '../fixtures'
import { test } from '../network'

test.use({ serviceWorkers: 'allow' })

/** Opens what was open, without a network, in a browser that was closed. */
async function openOffline(page: Page): Promise<void> {
  await keepApp(page)
  await page.context().setOffline(true)
  await expect(status(page)).toContainText('Offline')
}

/** Whether it is noted on this device what the server has of the document. */
async function noted(): Promise<boolean> {
  const { name = '' } = (await indexedDB.databases()).find(({ name }) => name?.startsWith('quire:')) ?? {}
  return new Promise((resolve) => {
    indexedDB.open(name).onsuccess = ({ target }) => {
      const db = (target as IDBOpenDBRequest).result
      const note = db.transaction('custom').objectStore('custom').get('confirmed')
      note.onsuccess = () => resolve(note.result !== undefined)
      db.close()
    }
  })
}

test('words typed offline survive a closed browser, more of them follow, and all arrive [FM-147]', async ({
  server,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'quire-profile-'))
  const options = test.info().project.use
  const open = () => chromium.launchPersistentContext(folder, { ...options.launchOptions, locale: 'en-GB' })
  let context: BrowserContext = await open()
  let page = await context.newPage()
  await signIn(page, server)
  const address = await newDocument(page, server)
  await expect.poll(() => page.evaluate(noted)).toBe(true)
  await openOffline(page)
  await type(page, 'before the restart ')
  await expect(status(page)).toContainText('20 changes kept on this device')
  await context.close()

  context = await open()
  await context.setOffline(true)
  page = await context.newPage()
  await page.goto(address)
  await expect(text(page)).toContainText('before the restart')
  await expect(status(page)).toContainText('20 changes kept on this device')
  await type(page, 'after the restart ')
  await context.setOffline(false)
  await saved(page)
  const answer = await page.request.get(address.replace('/d/', '/api/v1/documents/') + '/content?format=text')
  expect((await answer.text()).trim()).toBe('before the restart after the restart')
  await context.close()
  rmSync(folder, { recursive: true, force: true })
})

test('where the browser keeps nothing, that is said while all is still saved, and closing asks [FM-147]', async ({
  browser,
  server,
}) => {
  const context = await browser.newContext()
  await context.addInitScript(() => {
    for (const storage of ['indexedDB', 'localStorage', 'sessionStorage', 'caches'])
      Object.defineProperty(window, storage, {
        get() {
          throw new DOMException('forbidden', 'SecurityError')
        },
      })
  })
  const page = await context.newPage()
  await signIn(page, server)
  await page.getByRole('link', { name: 'Welcome to Quire' }).waitFor()
  await newDocument(page, server)
  await expect(page.getByRole('alert')).toContainText('Changes cannot be kept on this device')
  await context.setOffline(true)
  await type(page, 'at risk')
  await expect(status(page)).toContainText('8 changes only in this tab')
  await expect(page.getByRole('alert')).toContainText('Keep it open')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download' }).click(),
  ])
  expect(await contents(download)).toBe('at risk')
  const asked = page.waitForEvent('dialog')
  void page.close({ runBeforeUnload: true })
  const dialog = await asked
  expect(dialog.type()).toBe('beforeunload')
  await dialog.dismiss()
  await context.setOffline(false)
  await saved(page)
  await page.getByRole('button', { name: /^Account of/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await context.close()
})

test('a full disk is noticed at the write that fails, and made good when there is room [FM-147]', async ({
  browser,
  server,
}) => {
  // The app's own files would take the space.
  const context = await browser.newContext({ serviceWorkers: 'block' })
  const page = await context.newPage()
  const protocol = await context.newCDPSession(page)
  const origin = new URL(server.url).origin
  await protocol.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 700_000 })
  await signIn(page, server)
  await newDocument(page, server)
  await type(page, 'kept ')
  await saved(page)
  await expect(page.getByRole('alert')).toHaveCount(0)

  await page.keyboard.insertText(`${'does not fit '.repeat(60_000)}`)
  await expect(page.getByRole('alert')).toContainText('Changes cannot be kept on this device')
  await saved(page)
  await context.setOffline(true)
  await type(page, 'nor this ')
  await expect(status(page)).toContainText('9 changes only in this tab')

  await protocol.send('Storage.overrideQuotaForOrigin', { origin })
  await expect(status(page)).toContainText('9 changes kept on this device', { timeout: 20_000 })
  await expect(page.getByRole('alert')).toHaveCount(0)
  await context.setOffline(false)
  await saved(page)
  await context.close()
})

test('storage that is nearly full is warned of, with a copy to download [FM-147]', async ({ browser, server }) => {
  const context = await browser.newContext()
  await context.addInitScript(() => {
    navigator.storage.estimate = () => Promise.resolve({ usage: 95, quota: 100 })
  })
  const page = await context.newPage()
  await signIn(page, server)
  await newDocument(page, server)
  await type(page, 'every word')
  await expect(page.getByRole('alert')).toContainText('storage is nearly full')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download' }).click(),
  ])
  expect(await contents(download)).toBe('every word')
  await context.close()
})

test('two tabs that were offline, both closed and one reopened, bring all edits once [FM-164]', async ({
  owner,
  server,
}) => {
  const address = await newDocument(owner, server)
  await type(owner, 'both ')
  const context = owner.context()
  const other = await context.newPage()
  await other.goto(address)
  await saved(other)
  await openOffline(owner)
  await expect(status(other)).toContainText('Offline')
  await type(owner, 'first tab ')
  await expect(status(owner)).toContainText('10 changes kept on this device')
  await expect(status(other)).toContainText('10 changes kept on this device')
  await type(other, 'second ')
  for (const page of [owner, other]) await expect(status(page)).toContainText('17 changes kept on this device')
  await owner.close()
  await other.close()

  const again = await context.newPage()
  await context.setOffline(false)
  await again.goto(address)
  await saved(again)
  const answer = await again.request.get(address.replace('/d/', '/api/v1/documents/') + '/content?format=text')
  const stored = (await answer.text()).trim().split(/\s+/).sort()
  expect(stored).toEqual(['both', 'first', 'second', 'tab'])
})

test('what is kept here and not read yet is not called saved', async ({ owner, server }) => {
  const address = await newDocument(owner, server)
  await openOffline(owner)
  await type(owner, 'kept words')
  await expect(status(owner)).toContainText('11 changes kept on this device')
  await owner.close()

  const again = await owner.context().newPage()
  await again.addInitScript(() => {
    const open = indexedDB.open.bind(indexedDB)
    indexedDB.open = (name, version) => {
      const request = open(name, version)
      if (name === 'quire-sent')
        Object.defineProperty(request, 'onsuccess', {
          set: (then: (event: Event) => void) =>
            request.addEventListener('success', (event) => setTimeout(() => then(event), 3000)),
        })
      return request
    }
  })
  await again.context().setOffline(false)
  await again.goto(address)
  await saved(again)
  const answer = await again.request.get(address.replace('/d/', '/api/v1/documents/') + '/content?format=text')
  expect((await answer.text()).trim()).toBe('kept words')
})

test('a tab that goes online does not call the other tab’s words saved', async ({ owner, server }) => {
  const address = await newDocument(owner, server)
  await type(owner, 'both ')
  await saved(owner)
  const other = await owner.context().newPage()
  // It does not hear what the other tab writes.
  await other.addInitScript(() => Reflect.deleteProperty(window, 'BroadcastChannel'))
  await other.goto(address)
  await saved(other)
  await openOffline(owner)
  await type(owner, 'words of the closed tab ')
  await owner.close()
  await other.context().setOffline(false)
  await saved(other)
  // Signing out would leave them here: it asks.
  await other.getByRole('button', { name: /^Account of/ }).click()
  await other.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(other.getByRole('dialog')).toContainText('One document has changes that only this device holds')
  await other.getByRole('button', { name: 'Cancel' }).click()
  await other.reload()
  await saved(other)
  expect(await words(other)).toBe('both words of the closed tab ')
})

test(
  'a week of edits on both sides merges, each word once, and the local copy stays small [FM-150]',
  full('4,000 words on each side'),
  async ({ ada, bob, network }) => {
    const rounds = PROVE ? 4000 : 600
    test.setTimeout(30_000 + rounds * 60)
    await ada.clock.install()
    await openOffline(ada)
    for (const page of [ada, bob]) await text(page).focus()
    const edit = (page: Page, name: string, from: number, to: number) =>
      page.evaluate(
        async ([name, from, to]) => {
          for (let index = from; index < to; index += 1) {
            document.execCommand('insertText', false, `${name}${index} `)
            await new Promise((done) => {
              const { port1, port2 } = new MessageChannel()
              port1.onmessage = done
              port2.postMessage(null)
            })
          }
        },
        [name, from, to] as [string, number, number],
      )
    for (let day = 0; day < 7; day += 1) {
      const [from, to] = [Math.floor((rounds * day) / 7), Math.floor((rounds * (day + 1)) / 7)]
      await Promise.all([edit(ada, 'a', from, to), edit(bob, 'b', from, to)])
      await ada.clock.fastForward('24:00:00')
    }
    await saved(bob)
    // The store is folded a second after typing pauses, once 500 updates have gathered.
    await expect.poll(() => storedUpdates(ada), { timeout: 15_000 }).toBeLessThan(500)
    const bytes = network.bytes
    const start = Date.now()
    await ada.context().setOffline(false)
    await saved(ada)
    const expected = (name: string) => Array.from({ length: rounds }, (_, index) => `${name}${index}`)
    for (const page of [ada, bob]) {
      await expect
        // Chromium may end a line with a space that does not break.
        .poll(async () => (await words(page)).split(/\s+/).filter(Boolean).sort(), { timeout: 20_000 })
        .toEqual([...expected('a'), ...expected('b')].sort())
    }
    test.info().annotations.push({ type: 'seconds to merge', description: String((Date.now() - start) / 1000) })
    // Each word crosses once in each direction, beside a few bytes of its own.
    expect(network.bytes - bytes).toBeLessThan(2 * rounds * 60 + 50_000)
    test.info().annotations.push({ type: 'bytes to merge', description: String(network.bytes - bytes) })
  },
)

test('signing out leaves no text behind, and the next account sees nothing [FM-161]', async ({ owner, server }) => {
  const address = await newDocument(owner, server)
  const other = await newColleague(owner)
  await text(owner).click()
  // Words put in at once are stored as such; typed ones would be single letters.
  await owner.keyboard.insertText('strictly private words')
  await saved(owner)
  await owner.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  expect(await kept(owner)).toContain('strictly private words')
  const beside = await owner.context().newPage()
  await beside.goto(address)
  await expect(text(beside)).toContainText('strictly private words')
  await owner.getByRole('button', { name: /^Account of/ }).click()
  await owner.getByRole('menuitem', { name: 'Sign out' }).click()
  await owner.getByRole('heading', { name: 'Sign in' }).waitFor()
  expect(await kept(owner)).not.toContain('private')
  await expect(beside.getByRole('heading', { name: 'You have no access' })).toBeVisible()
  await beside.close()
  await owner.getByRole('textbox', { name: 'Email' }).fill(other.email)
  await owner.getByRole('textbox', { name: 'Password' }).fill(other.password)
  await owner.getByRole('button', { name: 'Sign in' }).click()
  await owner.getByRole('heading', { name: 'Documents' }).waitFor()
  await owner.goto(address)
  await expect(owner.getByRole('heading', { name: 'You have no access' })).toBeVisible()
  expect(await kept(owner)).not.toContain('private')
})

/** Everything that this browser stores for the origin, as text. */
async function kept(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const found: string[] = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)]
    for (const { name } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((done) => {
        const request = indexedDB.open(name ?? '')
        request.onsuccess = () => done(request.result)
      })
      for (const store of db.objectStoreNames) {
        const values = await new Promise<unknown[]>((done) => {
          const request = db.transaction(store).objectStore(store).getAll()
          request.onsuccess = () => done(request.result)
        })
        for (const value of values) found.push(value instanceof Uint8Array ? new TextDecoder().decode(value) : '')
      }
      db.close()
    }
    for (const name of await caches.keys()) {
      const cache = await caches.open(name)
      for (const request of await cache.keys()) {
        if (!/\.(js|css|svg|png|html)/.test(request.url)) found.push((await (await cache.match(request))?.text()) ?? '')
      }
    }
    return found.join('\n')
  })
}

/** Makes a local copy unreadable, and the note of what the server has of it. */
async function damage(page: Page, address: string): Promise<void> {
  await page.evaluate(
    async (id) => {
      const name = (await indexedDB.databases()).find((database) => database.name?.endsWith(id))?.name ?? ''
      const db = await new Promise<IDBDatabase>((done) => {
        const request = indexedDB.open(name)
        request.onsuccess = () => done(request.result)
      })
      await new Promise<void>((done) => {
        const transaction = db.transaction(['custom', 'updates'], 'readwrite')
        transaction.objectStore('custom').put(new Uint8Array([255, 255]), 'confirmed')
        transaction.objectStore('updates').add(new Uint8Array([255, 255]))
        transaction.oncomplete = () => done()
      })
      db.close()
    },
    address.split('/').pop() ?? '',
  )
}

test('a damaged local copy keeps no other document from being sent, and its own opens', async ({ owner, server }) => {
  const damaged = await newDocument(owner, server)
  await type(owner, 'The server has it.')
  await saved(owner)
  const address = await newDocument(owner, server)
  await keepApp(owner)
  await damage(owner, damaged)
  await owner.context().setOffline(true)
  await type(owner, 'Written away.')
  await expect(status(owner)).toContainText('kept on this device')
  await owner.goto(server.url)
  await owner.context().setOffline(false)
  const kept = async () => {
    const answer = await owner.request.get(`${address.replace('/d/', '/api/v1/documents/')}/content?format=text`)
    return (await answer.text()).trim()
  }
  await expect.poll(kept).toBe('Written away.')
  await owner.goto(damaged)
  await expect(text(owner)).toContainText('The server has it.')
  await expect(status(owner)).toHaveText('Saved', { timeout: 20_000 })
})

async function storedUpdates(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const name = (await indexedDB.databases()).find((database) => database.name?.startsWith('quire:'))?.name ?? ''
    const db = await new Promise<IDBDatabase>((done) => {
      const request = indexedDB.open(name)
      request.onsuccess = () => done(request.result)
    })
    const count = await new Promise<number>((done) => {
      const request = db.transaction('updates').objectStore('updates').count()
      request.onsuccess = () => done(request.result)
    })
    db.close()
    return count
  })
}

async function contents(download: import('@playwright/test').Download): Promise<string> {
  let content = ''
  for await (const chunk of await download.createReadStream()) content += String(chunk)
  return content
}

for (const place of ['the list', 'another document'] as const) {
  test(`words of a document that was closed offline are sent from ${place}`, async ({ owner, server }) => {
    const elsewhere = await newDocument(owner, server)
    const address = await newDocument(owner, server)
    await type(owner, 'Sent at once. ')
    await saved(owner)
    await owner.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
    await owner.context().setOffline(true)
    await type(owner, 'Sent later.')
    await expect(status(owner)).toContainText('kept on this device')
    // Left within the app, and with a closed tab.
    if (place === 'the list') {
      await owner.getByRole('link', { name: 'Documents' }).click()
      const card = owner.getByRole('listitem').filter({ has: owner.locator(`a[href="${new URL(address).pathname}"]`) })
      await expect(card).toContainText('Not sent yet')
      await owner.context().setOffline(false)
      await expect(card).not.toContainText('Not sent yet')
    } else {
      // The server is back, but cannot keep anything at first.
      await owner.route(
        '**/sync',
        (route) => route.fulfill({ status: 507, contentType: 'application/problem+json', json: { detail: 'full' } }),
        { times: 1 },
      )
      await owner.goto(elsewhere)
      await owner.getByRole('textbox', { name: 'Document text' }).waitFor()
      await owner.context().setOffline(false)
    }
    const content = `${address.replace('/d/', '/api/v1/documents/')}/content?format=text`
    await expect
      .poll(async () => (await owner.request.get(content)).text().then((said) => said.trim()), { timeout: 20_000 })
      .toBe('Sent at once. Sent later.')
  })
}
