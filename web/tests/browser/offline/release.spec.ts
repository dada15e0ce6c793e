/* eslint-disable react-hooks/rules-of-hooks -- Playwright's `use` is no hook */
/** A release while tabs are open, behind a cache that keeps whatever it may. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Page } from '@playwright/test'
import { expect, keepApp, newDocument, saved, signIn, status, test as base, text, type, words } from '../fixtures'
import { freePort, QuireServer } from '../server'

/** A shared cache that follows Cache-Control: keeps what has an age, asks again for what has not. */
class Cache {
  private readonly kept = new Map<string, { headers: IncomingHttpHeaders; body: Buffer }>()
  private readonly pipes = new Set<Socket>()
  hits = 0

  private constructor(
    readonly port: number,
    private readonly server: Server,
  ) {}

  static async start(target: number): Promise<Cache> {
    const port = await freePort()
    const server = createServer()
    const cache = new Cache(port, server)
    server.on('request', (asked, answer) => {
      const path = asked.url ?? '/'
      const known = asked.method === 'GET' ? cache.kept.get(path) : undefined
      if (known) {
        cache.hits += 1
        answer.writeHead(200, known.headers)
        return void answer.end(known.body)
      }
      const passed = request({ port: target, path, method: asked.method, headers: asked.headers }, (reply) => {
        const parts: Buffer[] = []
        reply.on('data', (part: Buffer) => parts.push(part))
        reply.on('end', () => {
          const body = Buffer.concat(parts)
          const control = reply.headers['cache-control'] ?? ''
          if (reply.statusCode === 200 && /public.*max-age=\d/.test(control))
            cache.kept.set(path, { headers: reply.headers, body })
          answer.writeHead(reply.statusCode ?? 502, reply.headers)
          answer.end(body)
        })
      })
      passed.on('error', () => {
        answer.writeHead(502)
        answer.end('the server is away')
      })
      asked.pipe(passed)
    })
    server.on('upgrade', (asked, client: Socket, head) => {
      const upstream = connect(target, '127.0.0.1')
      const lines = Object.entries(asked.headers).map(([name, value]) => `${name}: ${String(value)}`)
      upstream.write(`GET ${asked.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
      upstream.write(head)
      client.pipe(upstream).pipe(client)
      for (const socket of [client, upstream]) {
        cache.pipes.add(socket)
        socket.on('error', () => undefined)
        socket.on('close', () => {
          client.destroy()
          upstream.destroy()
        })
      }
    })
    await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
    return cache
  }

  get url(): string {
    return `http://localhost:${this.port}`
  }

  async stop(): Promise<void> {
    for (const socket of this.pipes) socket.destroy()
    this.server.closeAllConnections()
    await new Promise((done) => this.server.close(done))
  }
}

/** A copy of the program whose browser app is another build: other names for its parts, another page. */
function release(folder: string, name: string): string {
  const source = join(folder, name)
  // With its times: what Python compiled of it is good for the copy, too.
  cpSync(resolve(import.meta.dirname, '../../../../src'), source, { recursive: true, preserveTimestamps: true })
  const app = join(source, 'quire/static')
  const files = (readdirSync(app, { recursive: true }) as string[]).filter((path) => statSync(join(app, path)).isFile())
  for (const path of files) if (path.endsWith('.gz')) rmSync(join(app, path))
  const parts = files.filter((path) => /^assets\/.*\.(js|css)$/.test(path)).map((path) => path.replace('assets/', ''))
  const renamed = (text: string) =>
    parts.reduce((changed, part) => changed.replaceAll(part, part.replace(/\.(js|css)$/, `-${name}.$1`)), text)
  for (const path of files.filter((file) => /\.(js|css|html)$/.test(file))) {
    let content = renamed(readFileSync(join(app, path), 'utf8'))
    if (path === 'index.html') content = content.replace('<head>', `<head><meta name="release" content="${name}" />`)
    if (path === 'sw.js') content = content.replace(/(index\.html",revision:")/, `$1${name}`)
    rmSync(join(app, path))
    writeFileSync(join(app, renamed(path)), content)
  }
  return source
}

const test = base.extend<{ releases: { server: QuireServer; cache: Cache; deploy: () => Promise<void> } }>({
  releases: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'quire-releases-'))
    const server = await QuireServer.start({}, release(folder, 'one'))
    const cache = await Cache.start(server.port)
    const next = release(folder, 'two')
    await use({
      server,
      cache,
      deploy: async () => {
        await server.stop()
        server.source = next
        await server.run()
      },
    })
    await cache.stop()
    await server.discard()
    rmSync(folder, { recursive: true, force: true })
  },
})

test.use({ serviceWorkers: 'allow' })

const shown = (page: Page) => page.locator('meta[name=release]').getAttribute('content')

test('after a release new visits get it at once; an open tab goes on, is offered it, and reloads when all is saved [FM-101]', async ({
  browser,
  releases: { server, cache, deploy },
}) => {
  test.setTimeout(120_000)
  const context = await browser.newContext()
  const page = await context.newPage()
  await signIn(page, cache)
  const address = await newDocument(page, cache)
  await keepApp(page)
  expect(await shown(page)).toBe('one')
  const stranger = await browser.newContext()
  await (await stranger.newPage()).goto(cache.url)
  expect(cache.hits).toBeGreaterThan(0)

  await deploy()
  const fresh = await stranger.newPage()
  await fresh.goto(cache.url)
  expect(await shown(fresh)).toBe('two')
  await fresh.getByRole('heading', { name: 'Sign in' }).waitFor()
  const second = await context.newPage()
  await second.goto(address)
  expect(await shown(second)).toBe('two')
  await expect(text(second)).toBeVisible()
  await second.close()

  const notice = page.getByText('A new version of Quire is ready')
  await expect(notice).toBeVisible({ timeout: 20_000 })
  await expect(status(page)).toHaveText('Saved', { timeout: 20_000 })
  await type(page, 'typed in the old tab ')
  await saved(page)
  expect(await shown(page)).toBe('one')

  // With something unsaved it waits.
  await server.stop()
  await expect(status(page)).toContainText('Offline')
  await type(page, 'and unsaved ')
  await page.getByRole('button', { name: 'Reload' }).click()
  await expect(page.getByText('It loads as soon as everything is saved')).toBeVisible()
  expect(await shown(page)).toBe('one')
  const loaded = page.waitForEvent('load', { timeout: 60_000 })
  await server.run()
  await loaded
  await saved(page)
  expect(await shown(page)).toBe('two')
  expect(await words(page)).toBe('typed in the old tab and unsaved ')

  // Without a network the same release opens, page and parts; with a proxy whose server is away too.
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  await context.setOffline(true)
  await page.reload()
  await expect(text(page)).toContainText('typed in the old tab')
  expect(await shown(page)).toBe('two')
  await context.setOffline(false)
  await server.stop()
  await page.reload()
  await expect(text(page)).toContainText('typed in the old tab')
  await expect(status(page)).toContainText('Offline', { timeout: 20_000 })
  await stranger.close()
  await context.close()
})

test('a release that waited for its turn opens without a network, page and parts alike [FM-101]', async ({
  browser,
  releases: { cache, deploy },
}) => {
  test.setTimeout(120_000)
  const context = await browser.newContext()
  const page = await context.newPage()
  await signIn(page, cache)
  const address = await newDocument(page, cache)
  await type(page, 'words ')
  await saved(page)
  await keepApp(page)
  await deploy()
  await expect(page.getByText('A new version of Quire is ready')).toBeVisible({ timeout: 20_000 })
  // The last old tab closes: the new worker takes over by itself, and the network is gone.
  await page.goto('about:blank')
  await page.close()
  const again = await context.newPage()
  await context.setOffline(true)
  await again.goto(address)
  await expect(text(again)).toContainText('words')
  await context.close()
})
