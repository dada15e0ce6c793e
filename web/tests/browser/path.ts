/** A path to a server that can be slow, or go silent with every connection still open. */
import { createServer, connect, type Server, type Socket } from 'node:net'

export class Path {
  /** Milliseconds that everything takes in each direction. */
  delay = 0
  /** Nothing passes, and nobody is told. */
  silent = false
  private readonly sockets = new Set<Socket>()

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async to(target: number): Promise<Path> {
    const server = createServer()
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const address = server.address()
    const path = new Path(server, typeof address === 'object' && address ? address.port : 0)
    server.on('connection', (near) => {
      const far = connect(target, '127.0.0.1')
      path.join(near, far)
      path.join(far, near)
    })
    return path
  }

  get url(): string {
    return `http://localhost:${this.port}`
  }

  close(): void {
    this.server.close()
    for (const socket of this.sockets) socket.destroy()
  }

  private join(from: Socket, to: Socket): void {
    let last = 0
    const pass = (deliver: () => void) => {
      // A shorter delay does not let later bytes overtake earlier ones.
      last = Math.max(last, performance.now() + this.delay)
      const wait = last - performance.now()
      const arrive = () => {
        if (!this.silent) deliver()
      }
      if (wait <= 0) arrive()
      else setTimeout(arrive, wait)
    }
    this.sockets.add(from)
    from.setNoDelay(true)
    from.on('data', (data) => pass(() => to.write(data)))
    from.on('end', () => pass(() => to.end()))
    from.on('error', () => pass(() => to.destroy()))
    from.on('close', () => this.sockets.delete(from))
  }
}
