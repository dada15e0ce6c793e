/** Every screen and dialog, one after the other: what is looked at there is the caller's business. */
import AxeBuilder from '@axe-core/playwright'
import type { Browser, BrowserContext, Page } from '@playwright/test'
import { join } from 'node:path'
import { paste } from './clipboard'
import { expect, newDocument, PROVE, saved, share, signIn, status, text, type, visitor } from './fixtures'
import { QuireServer } from './server'

export type Look = (page: Page, name: string) => Promise<void>

const WIDE = { width: 1440, height: 900 }
const NARROW = { width: 390, height: 844 }
const SIZES = { wide: WIDE, narrow: NARROW }
/** What can differ between one scheme or size and another. */
const VISIBLE = ['color-contrast', 'link-in-text-block', 'scrollable-region-focusable', 'target-size']
/** Each scheme and each size once; all four, with every rule each time, with QUIRE_PROVE=1. */
const LOOKS = (
  PROVE
    ? [
        ['light', 'wide'],
        ['light', 'narrow'],
        ['dark', 'narrow'],
        ['dark', 'wide'],
      ]
    : [
        ['dark', 'narrow'],
        ['light', 'wide'],
      ]
) as ['light' | 'dark', 'wide' | 'narrow'][]

/** axe finds nothing, nothing sticks out of the window; with QUIRE_IMAGES set there is a picture of each look. */
export const examine: Look = async (page, name) => {
  for (const [colorScheme, size] of LOOKS) {
    await page.setViewportSize(SIZES[size])
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', colorScheme)
    await page.evaluate(async () => {
      // What the browser skips because it is out of sight keeps the colours of the scheme before.
      for (const element of document.querySelectorAll<HTMLElement>('li')) element.style.contentVisibility = 'visible'
      await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)))
      // Colours fade from one scheme to the other, and dialogs fade in; a spinner never ends, and a name beside a caret
      // stays for seconds.
      const ending = document
        .getAnimations()
        .filter((animation) => Number(animation.effect?.getComputedTiming().endTime) <= 1000)
      await Promise.allSettled(ending.map((animation) => animation.finished))
    })
    if (process.env.QUIRE_IMAGES) {
      await page.screenshot({ path: join(process.env.QUIRE_IMAGES, `${name}-${SIZES[size].width}-${colorScheme}.png`) })
    }
    const axe = new AxeBuilder({ page }).exclude('[role=tooltip]').setLegacyMode()
    if (PROVE || colorScheme === LOOKS[0]?.[0]) {
      // A menu that floats above the page belongs to its button, not to a landmark.
      const floating = (await page.getByRole('menu').count()) > 0
      axe.options({ rules: { 'target-size': { enabled: true }, region: { enabled: !floating } } })
    } else axe.withRules(VISIBLE)
    const found = await axe.analyze()
    const told = found.violations.map(
      (violation) =>
        `${violation.id}: ${violation.nodes.map((node) => `${node.target.join(' ')} ${node.any[0]?.message ?? node.all[0]?.message ?? ''}`).join('; ')}`,
    )
    expect(told, `${name}, ${colorScheme}, ${size}`).toEqual([])
    const [headings, mains] = await page.evaluate(() => [
      document.querySelectorAll('h1:not([role=textbox] h1)').length,
      document.querySelectorAll('main').length,
    ])
    expect([headings, mains], `${name}: first headings and main parts`).toEqual([1, 1])
    const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(over, `${name}, ${size}: pixels wider than the window`).toBeLessThanOrEqual(0)
  }
  await page.setViewportSize(WIDE)
}

const dialog = (page: Page) => page.getByRole('dialog')

async function shut(page: Page): Promise<void> {
  await page.keyboard.press('Escape')
  await expect(dialog(page)).toHaveCount(0)
}

/** A server of its own that listens beyond this machine: set-up asks for the code. */
export async function setUpAndSignIn(browser: Browser, look: Look): Promise<void> {
  const server = await QuireServer.start({ QUIRE_HOST: '0.0.0.0' })
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    await page.goto(server.url)
    await page.getByRole('heading', { name: 'Welcome to Quire' }).waitFor()
    await look(page, 'set-up')
    await page.getByRole('textbox', { name: 'Set-up code' }).fill('not the code')
    await page.getByRole('textbox', { name: 'Name' }).fill('Ada Owner')
    await page.getByRole('textbox', { name: 'Email' }).fill('ada@example.com')
    await page.getByRole('textbox', { name: 'Password' }).fill('correct horse battery')
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByText('This is not the code').waitFor()
    await look(page, 'set-up-wrong-code')
    await page.getByRole('textbox', { name: 'Set-up code' }).fill(server.setupCode())
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByRole('heading', { name: 'Documents' }).waitFor()
    await page.getByRole('button', { name: 'Account of Ada Owner' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await look(page, 'sign-in')
    await page.getByRole('textbox', { name: 'Email' }).fill('ada@example.com')
    await page.getByRole('textbox', { name: 'Password' }).fill('wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').waitFor()
    await look(page, 'sign-in-wrong')
  } finally {
    await context.close()
    await server.discard()
  }
}

export async function listAndAccount(owner: Page, server: QuireServer, look: Look): Promise<void> {
  await owner.goto(`${server.url}/`)
  await owner.getByRole('link', { name: 'Welcome to Quire' }).waitFor()
  await look(owner, 'documents')
  await owner.getByRole('button', { name: 'Show as list' }).click()
  await look(owner, 'documents-list')
  await owner.getByRole('button', { name: 'Show as grid' }).click()
  await owner.getByRole('searchbox', { name: 'Search by title' }).fill('nothing is called this')
  await owner.getByText('Nothing found for').waitFor()
  await look(owner, 'documents-no-hit')
  await owner.getByRole('searchbox', { name: 'Search by title' }).fill('')
  const actions = owner.getByRole('button', { name: 'Actions for Welcome to Quire' })
  await actions.click()
  await owner.getByRole('menuitem', { name: 'Rename' }).waitFor()
  await look(owner, 'documents-menu')
  await owner.getByRole('menuitem', { name: 'Rename' }).click()
  await dialog(owner).waitFor()
  await look(owner, 'rename')
  await shut(owner)
  await actions.click()
  await owner.getByRole('menuitem', { name: 'Share' }).click()
  await dialog(owner).getByRole('radio', { name: 'Can view' }).waitFor()
  await look(owner, 'share-from-list')
  await shut(owner)
  await owner.goto(`${server.url}/trash`)
  await owner.getByText('The trash is empty').waitFor()
  await look(owner, 'trash-empty')
  await owner.goto(`${server.url}/`)
  await actions.click()
  await owner.getByRole('menuitem', { name: 'Move to trash' }).click()
  await owner.getByText('No documents yet').waitFor()
  await owner.getByText('is in the trash').waitFor()
  await look(owner, 'documents-empty')
  await owner.getByRole('link', { name: 'Trash' }).click()
  await actions.click()
  await owner.getByRole('menuitem', { name: 'Delete forever' }).click()
  await dialog(owner).waitFor()
  await look(owner, 'trash-erase')
  await owner.getByRole('button', { name: 'Cancel' }).click()
  await expect(dialog(owner)).toHaveCount(0)
  await look(owner, 'trash')
  await actions.click()
  await owner.getByRole('menuitem', { name: 'Restore' }).click()
  await owner.getByText('The trash is empty').waitFor()

  await owner.goto(`${server.url}/account`)
  await owner.getByRole('textbox', { name: 'What is it for?' }).fill('A script')
  await owner.getByRole('button', { name: 'Make token' }).click()
  await owner.getByText('It is shown only once').waitFor()
  await look(owner, 'account')
  await owner.getByRole('button', { name: /^Account of/ }).click()
  await owner.getByRole('menuitem', { name: 'Invite people' }).waitFor()
  await look(owner, 'account-menu')
  await owner.getByRole('menuitem', { name: 'Invite people' }).click()
  await owner.getByRole('button', { name: 'Make link' }).click()
  const invitation = owner.getByRole('textbox', { name: 'Invitation link' })
  await invitation.waitFor()
  await look(owner, 'invite-dialog')
  const address = await invitation.inputValue()
  await shut(owner)
  const stranger = await fresh(owner)
  const door = await stranger.newPage()
  await door.goto(address)
  await door.getByRole('heading', { name: /^Join/ }).waitFor()
  await look(door, 'invite')
  await door.goto(`${server.url}/invite#no-such-invitation`)
  await door.reload()
  await door.getByText('Ask for a new one').waitFor()
  await look(door, 'invite-invalid')
  await door.goto(`${server.url}/no/such/page`)
  await door.getByRole('heading', { name: 'There is nothing at this address' }).waitFor()
  await look(door, 'lost')
  await stranger.close()
}

/** Opens the menu of tools, which on a narrow screen is inside another. */
async function openTools(page: Page): Promise<void> {
  const all = page.getByRole('button', { name: 'Menu', exact: true })
  if (await all.isVisible()) await all.click()
  await page.getByRole('menuitem', { name: 'Tools' }).click()
}

export async function openDocument(owner: Page, server: QuireServer, look: Look): Promise<void> {
  await owner.goto(`${server.url}/`)
  await owner.getByRole('link', { name: 'Welcome to Quire' }).click()
  await text(owner).waitFor()
  await saved(owner)
  const { page: guest, context } = await visitor(owner, await share(owner, 'edit'))
  await saved(guest)
  await owner.getByTestId('person').waitFor()
  await look(owner, 'document')
  await owner.getByRole('button', { name: 'Share' }).click()
  await owner.getByTestId('link').waitFor()
  await look(owner, 'share')
  await shut(owner)
  await openTools(owner)
  await owner.getByRole('menuitem', { name: 'Word count' }).waitFor()
  await look(owner, 'menus')
  // A look at another width swaps the menus for their narrow form.
  if (!(await owner.getByRole('menuitem', { name: 'Word count' }).isVisible())) await openTools(owner)
  await owner.getByRole('menuitem', { name: 'Word count' }).click()
  await dialog(owner).getByText('Characters').waitFor()
  await look(owner, 'word-count')
  await shut(owner)
  await text(owner).click()
  await owner.keyboard.press('Control+/')
  await dialog(owner).waitFor()
  await look(owner, 'shortcuts')
  await shut(owner)
  await owner.keyboard.press('Control+f')
  await owner.getByRole('search').waitFor()
  await look(owner, 'find')
  await look(guest, 'guest')
  await guest.getByRole('button', { name: /^You are/ }).click()
  await guest.getByRole('menuitem', { name: 'Change your name' }).click()
  await dialog(guest).waitFor()
  await look(guest, 'guest-name')
  await shut(guest)
  await share(owner, 'view')
  await expect(text(guest)).toHaveAttribute('contenteditable', 'false')
  await look(guest, 'viewer')
  await context.close()
  await newDocument(owner, server)
  await text(owner).click()
  await paste(owner, { picture: { name: 'plan.png', width: 300, height: 200 } })
  const picture = text(owner).locator('.picture img')
  await expect(picture).toHaveAttribute('src', /^\/api\//)
  await saved(owner)
  await picture.click()
  const describe = owner.getByRole('button', { name: 'Alternative text' })
  await describe.waitFor()
  await look(owner, 'picture')
  await describe.click()
  await dialog(owner).getByRole('textbox').waitFor()
  await look(owner, 'alternative-text')
}

export async function whatGoesWrong(owner: Page, server: QuireServer, look: Look): Promise<void> {
  const address = await newDocument(owner, server)
  await type(owner, 'Words that are stored. ')
  await saved(owner)
  await owner.context().setOffline(true)
  await type(owner, 'Words without a network. ')
  await expect(status(owner)).toContainText('kept on this device')
  await look(owner, 'offline')
  await owner.context().setOffline(false)
  await saved(owner)

  const { page: guest, context: guests } = await visitor(owner, await share(owner, 'edit'))
  await guests.setOffline(true)
  await type(guest, 'Words that came too late. ')
  await share(owner, 'view')
  await guests.setOffline(false)
  await expect(status(guest)).toContainText('Not saved')
  await look(guest, 'not-saved')
  await guests.close()

  const stranger = await fresh(owner)
  const door = await stranger.newPage()
  await door.goto(address)
  await door.getByRole('heading', { name: 'You have no access' }).waitFor()
  await look(door, 'denied')
  await stranger.close()

  const barred = await fresh(owner)
  const reader = await barred.newPage()
  await signIn(reader, server)
  await reader.routeWebSocket(/\/collab/, (socket) => socket.close())
  await reader.route('**/sync', (route) =>
    route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      body: JSON.stringify({
        status: 503,
        detail: 'Not saved: the disk does not answer. Send it again.',
        cause: 'the disk does not answer',
      }),
    }),
  )
  await reader.goto(address)
  await reader.frameLocator('iframe').getByText('Words that are stored.').waitFor({ timeout: 15_000 })
  await expect(reader.getByRole('status').filter({ hasText: 'last stored text' })).toContainText(
    'the disk does not answer',
  )
  await expect(status(reader)).toHaveText('Not saved: the disk does not answer')
  await look(reader, 'stored')
  await barred.close()

  const old = await fresh(owner)
  const outdated = await old.newPage()
  await outdated.addInitScript(() => {
    const Native = window.WebSocket
    window.WebSocket = class extends Native {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(String(url).replace(/schema=\d+/, 'schema=0'), protocols)
      }
    }
  })
  await signIn(outdated, server)
  await outdated.goto(address)
  await outdated.getByText('This page is older than the document').waitFor()
  await look(outdated, 'schema-too-old')
  await old.close()

  await owner.route('**/api/v1/documents?*', (route) => route.fulfill({ status: 500, body: '{}' }))
  await owner.goto(`${server.url}/`)
  await owner.getByText('The list cannot be loaded').waitFor()
  await look(owner, 'documents-failed')
  await owner.unrouteAll()

  // Last, because it signs this person out everywhere.
  await owner.goto(address)
  await saved(owner)
  const second = await fresh(owner)
  const elsewhere = await second.newPage()
  await signIn(elsewhere, server)
  await elsewhere.goto(`${server.url}/account`)
  await elsewhere.getByRole('button', { name: 'Sign out everywhere' }).click()
  await elsewhere.getByRole('heading', { name: 'Sign in' }).waitFor()
  await second.close()
  await owner.getByRole('dialog', { name: 'You are signed out' }).waitFor()
  await look(owner, 'session-expired')
}

async function fresh(page: Page): Promise<BrowserContext> {
  const browser = page.context().browser()
  if (!browser) throw new Error('no browser')
  return browser.newContext({ reducedMotion: 'reduce' })
}
