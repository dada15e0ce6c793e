/** Puts the browser proofs that ran in full size on the page that `make prove` keeps, each in place of its last run. */
import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter'
import { readFileSync, writeFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../../..')
const PAGE = resolve(root, 'docs/proofs.md')

/** A full size stands in a test's details: `{ annotation: { type: 'size', description: '300 keys' } }`. */
export default class Proofs implements Reporter {
  onTestEnd(test: TestCase, result: TestResult): void {
    const size = test.annotations.find(({ type }) => type === 'size')?.description
    if (size === undefined || result.status === 'skipped') return
    const title = test.titlePath().slice(3).join(' ')
    const rows = title.match(/FM-\d{3}/g) ?? []
    const name = `${relative(root, test.location.file)}::${title.replace(/ ?\[[^\]]*FM-[^\]]*\]/, '')}`
    const day = new Date().toISOString().slice(0, 10)
    const seconds = Math.round(result.duration / 1000).toLocaleString('en')
    const cells = [`\`${name}\``, rows.join(', '), size, day, process.env.QUIRE_SEED ?? '-', seconds, result.status]
    keep(name, `| ${cells.join(' | ')} |`)
  }
}

function keep(name: string, row: string): void {
  const lines = readFileSync(PAGE, 'utf8').trimEnd().split('\n')
  const isRun = (line: string) => line.startsWith('| `')
  const others = lines.filter((line) => isRun(line) && !line.startsWith(`| \`${name}\` |`))
  const runs = [...others, row].sort()
  writeFileSync(PAGE, [...lines.filter((line) => !isRun(line)), ...runs, ''].join('\n'))
}
