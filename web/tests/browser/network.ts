/* eslint-disable react-hooks/rules-of-hooks -- Playwright's `use` is no hook */
/** A signed-in browser whose network can be made bad, and one beside it whose network is good. */
import type { Page } from '@playwright/test'
import { newDocument, share, signIn, test as base, visitor } from './fixtures'
import { Proxy } from './proxy'

interface Fixtures {
  network: Proxy
  /** The owner, with a fresh document open, behind `network`. */
  ada: Page
  /** A visitor who edits the same document over a good network. */
  bob: Page
}

export const test = base.extend<Fixtures>({
  network: async ({ server }, use) => {
    const proxy = await Proxy.start(server.port)
    await use(proxy)
    await proxy.stop()
  },
  ada: async ({ browser, network }, use) => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await signIn(page, network)
    await newDocument(page, network)

    await use(page)
    await context.close()
  },
  bob: async ({ ada, network, server }, use) => {
    const link = (await share(ada, 'edit')).replace(network.url, server.url)
    const { page, context } = await visitor(ada, link)

    await use(page)
    await context.close()
  },
})
