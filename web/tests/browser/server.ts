/** A private Quire server: its own data folder, a free port, killed and started again at will. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
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

  private constructor(
    readonly port: number,
    private readonly settings: Record<string, string>,
  ) {}

  static async start(settings: Record<string, string> = {}): Promise<QuireServer> {
    const server = new QuireServer(await freePort(), settings)
    await server.run()
    return server
  }

  get url(): string {
    return `http://localhost:${this.port}`
  }

  async run(): Promise<void> {
    this.process = spawn(process.env.QUIRE_PYTHON ?? join(root, '.venv/bin/python'), ['-m', 'quire.cli', 'serve'], {
      cwd: root,
      env: {
        ...process.env,
        PYTHONPATH: join(root, 'src'),
        QUIRE_DATA: this.data,
        QUIRE_PORT: String(this.port),
        QUIRE_HOST: '127.0.0.1',
        QUIRE_ROOM_GRACE: '2',
        QUIRE_LOG_LEVEL: 'warning',
        ...this.settings,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
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

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const running = this.process
    if (!running || running.exitCode !== null) return null
    const ended = new Promise<number | null>((done) => running.once('exit', (code) => done(code)))
    running.kill(signal)
    return ended
  }

  async discard(): Promise<void> {
    await this.stop('SIGKILL')
    rmSync(this.data, { recursive: true, force: true })
  }
}
