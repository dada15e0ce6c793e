/** People and documents for browser tests. */
import type { Editor } from '@tiptap/core'
import { test as base, expect, type BrowserContext, type Page } from '@playwright/test'
import { QuireServer } from './server'

/** Where Quire is reached: the server itself, or something in front of it. */
export type Place = { url: string }

export const OWNER = { name: 'Ada Owner', email: 'ada@example.com', password: 'correct horse battery' }

declare global {
  interface HTMLElement {
    /** TipTap leaves the live editor on the element that it edits: for what no key can do. */
    editor?: Editor
  }
}

/** Whether proofs run in full size (`make prove`). */
export const PROVE = process.env.QUIRE_PROVE === '1'

/** The size of a proof that `make prove` runs in full: it stands on the page on full runs. */
export const full = (size: string) => ({ annotation: { type: 'size', description: size } })

type Cookies = Awaited<ReturnType<BrowserContext['cookies']>>

/** The owner's session at each server of this worker: signing in is one test's business, not each one's. */
const sessions = new Map<string, Cookies>()

interface Fixtures {
  /** A signed-in owner's browser. */
  owner: Page
  /** A server of this test's own, to be stopped and spoilt. */
  own: QuireServer
}

export const test = base.extend<Fixtures, { server: QuireServer }>({
  server: [
    async ({}, use) => {
      const server = await QuireServer.start()
      await use(server)
      await server.discard()
    },
    { scope: 'worker' },
  ],
  own: async ({}, use) => {
    const server = await QuireServer.start()
    // React Hooks' rule takes Playwright's `use` for a hook.
    // eslint-disable-next-line react-hooks/rules-of-hooks
    await use(server)
    await server.discard()
  },
  owner: async ({ browser, server }, use) => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await context.addCookies(sessions.get(server.url) ?? [])
    // A test before may have signed out everywhere.
    const { account } = await sessionOf(page, server.url)
    if (!account) await signIn(page, server)
    sessions.set(server.url, await context.cookies())
    // React Hooks' rule takes Playwright's `use` for a hook.
    // eslint-disable-next-line react-hooks/rules-of-hooks
    await use(page)
    await context.close()
  },
})

export { expect }

export async function signIn(page: Page, server: Place): Promise<void> {
  await page.goto(`${server.url}/`)
  await enter(page)
}

/** Makes the owner's account on the page that is open, or signs in to it, unless that is done. */
export async function enter(page: Page): Promise<void> {
  const title = page.getByRole('heading', { name: /Welcome to Quire|Sign in|Documents/ })
  await title.waitFor()
  const where = await title.textContent()
  if (where === 'Documents') return
  if (where === 'Welcome to Quire') {
    await page.getByRole('textbox', { name: 'Name' }).fill(OWNER.name)
    await page.getByRole('textbox', { name: 'Email' }).fill(OWNER.email)
    await page.getByRole('textbox', { name: 'Password' }).fill(OWNER.password)
    await page.getByRole('button', { name: 'Create account' }).click()
  } else {
    await page.getByRole('textbox', { name: 'Email' }).fill(OWNER.email)
    await page.getByRole('textbox', { name: 'Password' }).fill(OWNER.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }
  await page.getByRole('heading', { name: 'Documents' }).waitFor()
}

/** Makes a document as a program does, and opens it to write in. */
export async function newDocument(page: Page, server: Place): Promise<string> {
  const { id } = (await post(page, server.url, '/documents', {})) as { id: string }
  await page.goto(`${server.url}/d/${id}`)
  await text(page).waitFor()
  await saved(page)
  await text(page).focus()
  return page.url()
}

/** A connection that is kept would be found dead by who uses it after the network was cut. */
const ONCE = { Connection: 'close' }

/** Asks the server for something on behalf of who is signed in on the page. */
async function post(page: Page, origin: string, path: string, data: object): Promise<unknown> {
  const { csrf_token } = await sessionOf(page, origin)
  const headers = { 'X-CSRF-Token': csrf_token, ...ONCE }
  const answer = await page.context().request.post(`${origin}/api/v1${path}`, { data, headers })
  expect(answer.ok()).toBe(true)
  return answer.json()
}

async function sessionOf(page: Page, origin: string): Promise<{ account: object | null; csrf_token: string }> {
  return (await (await page.context().request.get(`${origin}/api/v1/session`, { headers: ONCE })).json()) as never
}

/** Gives the open document's link a role and returns the link. */
export async function share(page: Page, role: 'view' | 'edit'): Promise<string> {
  await page.getByRole('button', { name: 'Share' }).click()
  // The radio follows the server's answer, so it is not checked at the click itself.
  const choice = page.getByRole('radio', { name: role === 'view' ? 'Can view' : 'Can edit' })
  await choice.click()
  await expect(choice).toBeChecked()
  const link = await page.getByTestId('link').inputValue()
  await page.keyboard.press('Escape')
  return link
}

/** What a program needs to open a shared document. */
export function partsOf(link: string): { document: string; token: string } {
  const { pathname, hash } = new URL(link)
  return { document: pathname.split('/').pop() ?? '', token: new URLSearchParams(hash.slice(1)).get('link') ?? '' }
}

/** Opens a link in a browser of its own, as somebody without an account. */
export async function visitor(page: Page, link: string): Promise<{ page: Page; context: BrowserContext }> {
  const browser = page.context().browser()
  if (!browser) throw new Error('no browser')
  const context = await browser.newContext()
  const visiting = await context.newPage()
  await visiting.goto(link)
  await text(visiting).waitFor()
  return { page: visiting, context }
}

export const text = (page: Page) => page.getByRole('textbox', { name: 'Document text' })
export const status = (page: Page) => page.getByTestId('status')

/** The document's words, without the names on other people's carets. */
export async function words(page: Page): Promise<string> {
  return text(page).evaluate((element) => {
    const copy = element.cloneNode(true) as HTMLElement
    for (const caret of copy.querySelectorAll('.caret')) caret.remove()
    return (copy.textContent ?? '').replaceAll('\u2060', '')
  })
}

export async function saved(page: Page): Promise<void> {
  await expect(status(page)).toHaveText('Saved')
}

/** Waits until the app is kept on this device, so that the open document opens without a network. */
export async function keepApp(page: Page): Promise<void> {
  // A worker that controls the page, and the app in its store, are what opens it again.
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  await page.reload()
  await saved(page)
}

export async function type(page: Page, words: string): Promise<void> {
  await text(page).click()
  await page.keyboard.press('Control+End')
  await page.keyboard.type(words)
}

/** Invites somebody, who makes an account of their own. */
export async function newColleague(page: Page): Promise<{ email: string; password: string }> {
  const { origin } = new URL(page.url())
  const { url } = (await post(page, origin, '/invitations', {})) as { url: string }
  const someone = { email: `eve-${Date.now()}@example.com`, password: 'another horse battery' }
  const stranger = await page.context().browser()?.newContext()
  const accepted = await stranger?.request.post(`${origin}/api/v1/invitations/accept`, {
    data: { token: new URL(url).hash.replace(/^#(token=)?/, ''), name: 'Eve', ...someone },
  })
  expect(accepted?.ok()).toBe(true)
  await stranger?.close()
  return someone
}
