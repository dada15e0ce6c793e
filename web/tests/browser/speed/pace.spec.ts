/** One's own letters never wait for the network. */
import { expect, full, newDocument, PROVE, saved, share, status, test, text, visitor } from '../fixtures'
import { Path } from '../path'
import { percentile, readPace, watchPace } from '../pace'

const ROUNDS = PROVE ? 5 : 2
const KEYS = PROVE ? 60 : 25

test(
  'a letter is on screen as soon with half a second of delay as with none [FM-152]',
  full('five rounds of 60 keys'),
  async ({ owner, server }) => {
    test.setTimeout(120_000)
    await newDocument(owner, server)
    const network = await Path.to(server.port)
    const { page, context } = await visitor(owner, (await share(owner, 'edit')).replace(server.url, network.url))
    await text(page).click()
    await saved(page)
    const median: Record<number, number[]> = { 0: [], 500: [] }
    const slow: Record<number, number[]> = { 0: [], 500: [] }
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const delay of [0, 500]) {
        network.delay = delay
        await watchPace(page)
        for (let i = 0; i < KEYS; i += 1) await page.keyboard.press('abcde fgh '.charAt(i % 10), { delay: 20 })
        const { busy } = await readPace(page)
        // Two letters may share a frame on a busy machine.
        expect(busy.length).toBeGreaterThan(KEYS * 0.5)
        median[delay]?.push(percentile(busy, 0.5))
        slow[delay]?.push(percentile(busy, 0.95))
      }
    }
    console.log(JSON.stringify({ median, p95: slow }))
    const typical = (delay: number) => percentile(median[delay] ?? [], 0.5)
    // The delay would show as 500 ms or more; a frame is the grain of the measurement.
    expect(Math.abs(typical(500) - typical(0))).toBeLessThan(PROVE ? 5 : 17)
    if (PROVE) expect(percentile(slow[500] ?? [], 0.5)).toBeLessThan(16)
    network.delay = 0
    await saved(page)
    // Nothing passes and nobody is told: what is typed shows all the same.
    network.silent = true
    await page.keyboard.type('into the void')
    await expect(text(page)).toContainText('into the void')
    await expect(status(page)).not.toHaveText('Saved')
    await expect(text(owner)).not.toContainText('void')
    network.close()
    await context.close()
  },
)
