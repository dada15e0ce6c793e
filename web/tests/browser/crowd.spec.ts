/** A long document with many writers stays quick under one's fingers. */
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { percentile, readPace, watchPace } from './pace'
import { expect, newDocument, saved, share, test, text } from './fixtures'

const PROVE = process.env.QUIRE_PROVE === '1'
/** 200 pages are about 100,000 words. */
const BLOCKS = PROVE ? 4000 : 800
const WRITERS = PROVE ? 20 : 8
const KEYS = PROVE ? 300 : 80

test('typing keeps up beside many writers in a long document [FM-154]', async ({ owner, server }) => {
  test.setTimeout(240_000)
  await newDocument(owner, server)
  const link = await share(owner, 'edit')
  const { pathname, hash } = new URL(link)
  const document = pathname.split('/').pop() ?? ''
  const token = new URLSearchParams(hash.slice(1)).get('link') ?? ''
  const crowd = spawn(
    process.execPath,
    [join(import.meta.dirname, '../node/crowd.mjs'), server.url, token, document, `${BLOCKS}`, `${WRITERS}`, '5'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  try {
    await writing(crowd)
    await owner.reload()
    await expect(text(owner).locator('> *')).toHaveCount(BLOCKS + 1)
    await saved(owner)
    await expect(owner.locator('.caret')).toHaveCount(WRITERS)
    const paragraph = text(owner).locator('> p').nth(3)
    await paragraph.click()
    await watchPace(owner)
    for (let i = 0; i < KEYS; i += 1) await owner.keyboard.press('abcdefgh '.charAt(i % 9), { delay: 60 })
    const pace = await readPace(owner)
    const report = {
      blocks: BLOCKS,
      writers: WRITERS,
      busy: [0.5, 0.95].map((share) => percentile(pace.busy, share).toFixed(1)),
      whole: [0.5, 0.95].map((share) => percentile(pace.whole, share).toFixed(1)),
      longTasks: pace.longTasks,
    }
    console.log(JSON.stringify(report))
    expect(pace.busy.length).toBeGreaterThan(KEYS * 0.9)
    expect(percentile(pace.busy, 0.95)).toBeLessThan(PROVE ? 16 : 50)
  } finally {
    crowd.kill()
  }
})

function writing(crowd: ChildProcess): Promise<void> {
  return new Promise((done, fail) => {
    crowd.stdout?.on('data', () => done())
    crowd.once('exit', (code) => fail(new Error(`the crowd left with ${code}`)))
  })
}
