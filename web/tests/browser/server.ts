/** A private Quire server: its own data folder, a free port, killed and started again at will. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../../..')

export async function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer()
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => done(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

export class QuireServer {
  private process: ChildProcess | null = null
  private readonly data = mkdtempSync(join(tmpdir(), 'quire-browser-'))

  private output = ''

  private constructor(
    readonly port: number,
    private readonly settings: Record<string, string>,
    /** The folder with the package `quire`; another one is another release. */
    public source: string,
  ) {}

  static async start(settings: Record<string, string> = {}, source = join(root, 'src')): Promise<QuireServer> {
    const server = new QuireServer(await freePort(), settings, source)
    await server.run()
    return server
  }

  get url(): string {
    return `http://localhost:${this.port}`
  }

  async run(): Promise<void> {
    this.process = spawn(this.python, ['-m', 'quire.cli', 'serve'], {
      cwd: root,
      env: {
        ...process.env,
        PYTHONPATH: this.source,
        QUIRE_DATA: this.data,
        QUIRE_PORT: String(this.port),
        QUIRE_HOST: '127.0.0.1',
        QUIRE_ROOM_GRACE: '2',
        QUIRE_LOG_LEVEL: 'warning',
        ...this.settings,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.process.stdout?.on('data', (said: Buffer) => {
      this.output += said.toString()
    })
    for (;;) {
      if (
        await fetch(`${this.url}/healthz`).then(
          (answer) => answer.ok,
          () => false,
        )
      )
        return
      if (this.process.exitCode !== null) throw new Error(`quire serve ended with ${this.process.exitCode}`)
      await new Promise((done) => setTimeout(done, 50))
    }
  }

  /** The code that the server printed for the first account. */
  setupCode(): string {
    return /Set-up code for the first account: (\w+)/.exec(this.output)?.[1] ?? ''
  }

  /** Has storage refuse for good every update that holds these words. */
  refuse(words: string): void {
    this.changeLog(
      `CREATE TRIGGER refuse BEFORE INSERT ON updates WHEN instr(NEW.payload, x'${Buffer.from(words).toString('hex')}') ` +
        "BEGIN SELECT RAISE(ABORT, 'this row cannot be stored'); END",
    )
  }

  /** Damages what is stored of every document; done once more, it is whole again. */
  damage(): void {
    this.changeLog('UPDATE updates SET checksum = 1 - checksum')
  }

  private changeLog(sql: string): void {
    const program =
      'import sqlite3, sys; log = sqlite3.connect(sys.argv[1], timeout=20); log.execute(sys.argv[2]); log.commit()'
    execFileSync(this.python, ['-c', program, join(this.data, 'log.db'), sql])
  }

  /** Has every commit wait, as on a disk that does not answer, until the function that it returns is called. */
  async holdCommits(): Promise<() => void> {
    const program =
      "import sqlite3, sys; log = sqlite3.connect(sys.argv[1], timeout=20); log.execute('BEGIN IMMEDIATE'); " +
      'print(flush=True); sys.stdin.read()'
    const holder = spawn(this.python, ['-c', program, join(this.data, 'log.db')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await new Promise((done) => holder.stdout.once('data', done))
    return () => holder.stdin.end()
  }

  private get copies(): string {
    return `${this.data}-backup`
  }

  /** Makes a backup as an operator does, beside the server that runs. */
  backUp(): void {
    execFileSync(this.python, ['-m', 'quire.cli', 'backup', this.copies, '--data', this.data], {
      env: { ...process.env, PYTHONPATH: this.source },
    })
  }

  /** Puts the backup in the place of the folder of a server that does not run. */
  restore(): void {
    rmSync(this.data, { recursive: true })
    cpSync(this.copies, this.data, { recursive: true })
  }

  private get python(): string {
    return process.env.QUIRE_PYTHON ?? join(root, '.venv/bin/python')
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const running = this.process
    if (!running || running.exitCode !== null) return null
    const ended = new Promise<number | null>((done) => running.once('exit', (code) => done(code)))
    running.kill(signal)
    return ended
  }

  async discard(): Promise<void> {
    await this.stop('SIGKILL')
    for (const folder of [this.data, this.copies]) rmSync(folder, { recursive: true, force: true })
  }
}
