/** The first minutes: setting up, sharing, and a colleague who joins; and what is said when something is refused. */
import { chromium, type Response } from '@playwright/test'
import { CHROMIUM } from '../chromium'
import { enter, expect, newDocument, OWNER, saved, share, test, text, type, visitor } from '../fixtures'
import { QuireServer } from '../server'

test('the first document speaks the language of the app, and runs the way that it is read', async ({ browser }) => {
  const server = await QuireServer.start()
  const context = await browser.newContext({ locale: 'ar-EG' })
  try {
    const page = await context.newPage()
    await page.goto(server.url)
    await page.getByRole('textbox', { name: 'الاسم' }).fill('ليلى')
    await page.getByRole('textbox', { name: 'البريد الإلكتروني' }).fill('layla@example.org')
    await page.getByRole('textbox', { name: 'كلمة المرور' }).fill('correct horse battery')
    await page.getByRole('button', { name: 'إنشاء الحساب' }).click()
    await page.getByRole('link', { name: 'مرحبًا بك في Quire' }).click()
    const written = page.getByRole('textbox', { name: 'نص المستند' })
    const program = written.locator('pre')
    await expect(program).toHaveCSS('direction', 'ltr')
    for (const block of ['h1', 'h2', 'li', 'table', 'th p', 'td p', 'blockquote p']) {
      for (const part of await written.locator(block).all())
        await expect(part, `${block}: ${await part.textContent()}`).toHaveCSS('direction', 'rtl')
    }
    // The first column is the right one.
    const [keys, effects] = await Promise.all([0, 1].map((cell) => written.locator('th').nth(cell).boundingBox()))
    expect(keys?.x).toBeGreaterThan(effects?.x ?? Infinity)
  } finally {
    await context.close()
    await server.discard()
  }
})

test('a colleague without an account joins under a name of their own and keeps it', async ({ owner, server }) => {
  const address = await newDocument(owner, server)
  const link = await share(owner, 'edit')
  const { page: guest, context } = await visitor(owner, link)
  await saved(guest)
  await guest.getByRole('button', { name: /^You are Anonymous/ }).click()
  await guest.getByRole('menuitem', { name: 'Change your name' }).click()
  await guest.getByRole('textbox', { name: 'Your name' }).fill('Grace')
  await guest.keyboard.press('Enter')
  await type(guest, 'Hello from Grace')
  const avatar = owner.getByRole('button', { name: 'Jump to Grace (guest)' })
  await expect(avatar).toHaveText('G')
  await expect(owner.locator('.caret-label')).toHaveAttribute('data-name', 'Grace (guest)')
  await guest.close()
  const later = await context.newPage()
  await later.goto(link)
  await later.getByRole('button', { name: 'You are Grace' }).click()
  await later.getByRole('menuitem', { name: 'Sign in' }).click()
  await later.getByRole('textbox', { name: 'Email' }).fill(OWNER.email)
  await later.getByRole('textbox', { name: 'Password' }).fill(OWNER.password)
  await later.getByRole('button', { name: 'Sign in' }).click()
  await expect(text(later)).toContainText('Hello from Grace')
  expect(later.url()).toBe(link)
  expect(later.url()).toContain(address)
  await context.close()
})

test('a colleague on another machine without TLS can write, copy and choose a name', async ({ browser: home }) => {
  const server = await QuireServer.start({ QUIRE_HOST: '0.0.0.0' })
  const context = await home.newContext()
  const owner = await context.newPage()
  await owner.goto(server.url)
  await owner.getByRole('textbox', { name: 'Set-up code' }).fill(server.setupCode())
  await enter(owner)
  // A name that is not this machine's own gives the page no secure context: no clipboard, no service worker.
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP quire.test 127.0.0.1'],
  })
  try {
    await newDocument(owner, server)
    const link = (await share(owner, 'edit')).replace('localhost', 'quire.test')
    const guest = await (await browser.newContext({ locale: 'en-GB' })).newPage()
    await guest.goto(link)
    expect(await guest.evaluate(() => isSecureContext)).toBe(false)
    await type(guest, 'Words over plain HTTP')
    await saved(guest)
    await expect(text(owner)).toContainText('Words over plain HTTP')
    await guest.goto(`http://quire.test:${server.port}/sign-in`)
    await guest.getByRole('textbox', { name: 'Email' }).fill(OWNER.email)
    await guest.getByRole('textbox', { name: 'Password' }).fill(OWNER.password)
    await guest.getByRole('button', { name: 'Sign in' }).click()
    await guest.getByRole('button', { name: /^Account of/ }).click()
    await guest.getByRole('menuitem', { name: 'Invite people' }).click()
    await guest.getByRole('button', { name: 'Make link' }).click()
    await guest.getByRole('button', { name: 'Copy' }).click()
    await expect(guest.getByRole('button', { name: 'Copied' })).toBeVisible()
  } finally {
    await browser.close()
    await context.close()
    await server.discard()
  }
})

test('an invitation makes an account and is behind one; a link that was cut off says that it is none', async ({
  owner,
  server,
}) => {
  await owner.goto(server.url)
  await owner.getByRole('button', { name: /^Account of/ }).click()
  await owner.getByRole('menuitem', { name: 'Invite people' }).click()
  await owner.getByRole('button', { name: 'Make link' }).click()
  const link = await owner.getByRole('textbox', { name: 'Invitation link' }).inputValue()
  const context = await owner.context().browser()?.newContext()
  const page = await context?.newPage()
  if (!page) throw new Error('no browser')
  await page.goto(link.slice(0, link.indexOf('#')))
  await expect(page.getByRole('alert')).toContainText('This invitation is used, withdrawn or expired')
  await page.goto(`${server.url}/sign-in`)
  await page.goto(link)
  await page.getByRole('textbox', { name: 'Name' }).fill('Grace')
  await page.getByRole('textbox', { name: 'Email' }).fill(`grace-${Date.now()}@example.com`)
  await page.getByRole('textbox', { name: 'Password' }).fill('yet another horse battery')
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByText('No documents yet').waitFor()
  await page.goBack()
  await expect(page).not.toHaveURL(/invite/)
  await context?.close()
})

test('forms say which field is wrong, and how long to wait', async ({ browser }) => {
  const server = await QuireServer.start({ QUIRE_HOST: '0.0.0.0' })
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    await page.goto(server.url)
    const field = (name: string) => page.getByRole('textbox', { name })
    await field('Set-up code').fill('guess')
    await field('Name').fill('Ada')
    await field('Email').fill('ada@nowhere')
    await field('Password').fill('correct horse battery')
    await page.getByRole('button', { name: 'Create account' }).click()
    await expect(field('Email')).toHaveAccessibleDescription(/This is not an email address/)
    await field('Email').fill('ada@example.org')
    await page.getByRole('button', { name: 'Create account' }).click()
    await expect(field('Set-up code')).toHaveAccessibleDescription(/It is in the output of “quire serve”/)
    await field('Set-up code').fill(server.setupCode())
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByRole('heading', { name: 'Documents' }).waitFor()
    await page.getByRole('button', { name: 'Account of Ada' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()

    await field('Email').fill('somebody@example.org')
    await field('Password').fill('a wrong password')
    const answer = page.getByRole('alert')
    for (let attempt = 0; attempt < 5; attempt += 1) {
      // The page says the same after each attempt: only the server's answer tells one from the next.
      const refused = page.waitForResponse((response) => response.status() === 401)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await refused
      await expect(answer).toHaveText('Email or password is wrong.')
      await field('Password').fill(`another wrong password ${attempt}`)
    }
    // The pauses grow: on a slow machine the first of them are over before the next attempt.
    let refusal: Response
    do {
      const answered = page.waitForResponse((response) => response.request().method() === 'POST')
      await page.getByRole('button', { name: 'Sign in' }).click()
      refusal = await answered
    } while (refusal.status() === 401)
    expect(refusal.status()).toBe(429)
    await expect(answer).toHaveText(/^Too many attempts\. Try again in \d+ seconds?\.$/)
    await context.setOffline(true)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await expect(answer).toHaveText(/The server cannot be reached/)
  } finally {
    await context.close()
    await server.discard()
  }
})

test('the app can be installed: its manifest names pictures that are there', async ({ owner, server }) => {
  const manifest = (await (await owner.request.get(`${server.url}/manifest.webmanifest`)).json()) as {
    icons: { src: string; sizes: string; type: string }[]
  }
  const sizes = manifest.icons.map((icon) => icon.sizes)
  expect(sizes).toEqual(expect.arrayContaining(['192x192', '512x512']))
  for (const icon of manifest.icons) {
    const picture = await owner.request.get(`${server.url}${icon.src}`)
    expect(picture.headers()['content-type']).toBe(icon.type)
  }
})
