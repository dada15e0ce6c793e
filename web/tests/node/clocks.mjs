// Writers whose clocks are wrong. Usage: node clocks.mjs URL TOKEN DOCUMENT... (nine of them); prints a JSON report.
import { Worker } from 'node:worker_threads'

const [url, token, ...documents] = process.argv.slice(2)
const HOUR = 3_600_000
const to = (year) => Date.UTC(year, 0, 1) - Date.now()

class Writer {
  constructor(name, client, skew) {
    this.worker = new Worker(new URL('./skewed.mjs', import.meta.url), {
      workerData: { url, token, name, client, skew },
    })
    this.worker.on('error', (error) => {
      throw error
    })
  }
  do(step, value) {
    return new Promise((done) => {
      this.worker.once('message', done)
      this.worker.postMessage({ step, value })
    })
  }
  end() {
    return this.worker.terminate()
  }
}

async function sameText(writers) {
  for (;;) {
    const texts = await Promise.all(writers.map((writer) => writer.do('text')))
    if (new Set(texts).size === 1) return texts[0]
    await new Promise((done) => setTimeout(done, 10))
  }
}

const words = (who, count) => Array.from({ length: count }, (_, number) => `${who}${number} `)
const missing = (text, wanted) => wanted.filter((word) => !text.includes(word)).length

/** Two people write at one spot without seeing each other, then meet. */
async function conflict(document, skew, jump) {
  const right = new Writer(document, 1001, 0)
  const wrong = new Writer(document, 1002, skew)
  await right.do('connect')
  await right.do('write', { at: 0, words: ['paragraph'] })
  await wrong.do('connect')
  await sameText([right, wrong])
  await Promise.all([right.do('disconnect'), wrong.do('disconnect')])
  await right.do('write', { at: 4, words: words('right', 15) })
  await wrong.do('write', { at: 4, words: words('wrong', 8) })
  if (jump) await wrong.do('skew', jump)
  await wrong.do('write', { at: 4, words: words('after', 7) })
  await Promise.all([right.do('connect'), wrong.do('connect')])
  const text = await sameText([right, wrong])
  await Promise.all([right.end(), wrong.end()])
  return { text, lost: missing(text, [...words('right', 15), ...words('wrong', 8), ...words('after', 7)]) }
}

const cases = {
  '+5 h': [5 * HOUR],
  '-5 h': [-5 * HOUR],
  '+5 min': [HOUR / 12],
  '-5 min': [-HOUR / 12],
  1970: [to(1970)],
  2099: [to(2099)],
  jump: [0, to(2099)],
}
const report = { skews: {}, texts: [] }
for (const [name, [skew, jump]] of Object.entries(cases)) {
  const { text, lost } = await conflict(documents.shift(), skew, jump)
  report.skews[name] = lost
  report.texts.push(text)
}

{
  const document = documents.shift()
  const writers = Array.from({ length: 10 }, (_, number) => new Writer(document, 2000 + number, number ? 0 : to(2099)))
  await Promise.all(writers.map((writer) => writer.do('connect')))
  await Promise.all(writers.map((writer, number) => writer.do('write', { at: 0, words: words(`w${number}_`, 10) })))
  await writers[0].do('repeat')
  const text = await sameText(writers)
  const wanted = writers.flatMap((_, number) => words(`w${number}_`, 10))
  const found = text.split(' ').filter(Boolean)
  report.hostile = {
    writers: writers.length,
    missing: missing(text, wanted),
    repeated: found.length - new Set(found).size,
  }
  await Promise.all(writers.map((writer) => writer.end()))
}

{
  const document = documents.shift()
  const writer = new Writer(document, 3001, to(2099))
  await writer.do('connect')
  await writer.do('write', { at: 0, words: ['stamped '] })
  await writer.do('skew', 0)
  const honest = new Writer(document, 3002, 0)
  await honest.do('connect')
  await honest.do('write', { at: 0, words: words('n', 100) })
  const text = await sameText([writer, honest])
  report.after_2099 = { missing: missing(text, words('n', 100)) }
  await Promise.all([writer.end(), honest.end()])
}
console.log(JSON.stringify(report))
process.exit(0)
