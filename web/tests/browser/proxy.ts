/** A bad network between browser and server: cuts, swallows, counts, and refuses WebSockets, on command. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { freePort } from './server'

/** The first byte of a ping's frame. */
const PING = 0x89

type Mood = 'open' | 'cut' | 'swallow'

export class Proxy {
  /** Bytes that passed, both ways. */
  bytes = 0
  /** WebSocket pings of the server that passed. */
  pings = 0
  private mood: Mood = 'open'
  private upgrades = true
  private mute = false
  private readonly pairs = new Set<[Socket, Socket]>()
  private readonly sockets = new Set<[Socket, Socket]>()
  private readonly stranded = new Set<[Socket, Socket]>()

  private constructor(
    readonly port: number,
    private readonly target: number,
    private readonly server: Server,
  ) {}

  static async start(target: number): Promise<Proxy> {
    const port = await freePort()
    const server = createServer()
    const proxy = new Proxy(port, target, server)
    server.on('connection', (client) => proxy.accept(client))
    await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
    return proxy
  }

  get url(): string {
    return `http://localhost:${this.port}`
  }

  /** WebSockets that are open through this proxy. */
  get openSockets(): number {
    return this.sockets.size
  }

  /** Ends every connection and refuses new ones. */
  cut(): void {
    this.mood = 'cut'
    this.sever()
  }

  /** Ends every connection; new ones are taken. */
  sever(): void {
    for (const pair of [...this.pairs]) for (const socket of pair) socket.destroy()
  }

  /** Keeps connections open and lets nothing through, as when Wi-Fi is out of reach. */
  swallow(): void {
    this.mood = 'swallow'
    for (const pair of this.pairs) for (const socket of pair) socket.pause()
  }

  /** Leaves the connections of now dead without a word, as after a change of network; new ones work. */
  strand(): void {
    this.swallow()
    for (const pair of this.pairs) this.stranded.add(pair)
    this.pairs.clear()
    this.sockets.clear()
    this.mood = 'open'
  }

  /** What was swallowed arrives late; new connections are taken. */
  restore(): void {
    this.mood = 'open'
    for (const pair of this.pairs) for (const socket of pair) socket.resume()
  }

  refuseUpgrades(): void {
    this.upgrades = false
    for (const pair of [...this.sockets]) for (const socket of pair) socket.destroy()
  }

  /** Lets WebSockets open and then nothing through them, as some inspecting proxies do. */
  muteSockets(): void {
    this.mute = true
    for (const pair of [...this.sockets]) for (const socket of pair) socket.destroy()
  }

  allowUpgrades(): void {
    this.upgrades = true
  }

  async stop(): Promise<void> {
    this.cut()
    for (const pair of this.stranded) for (const socket of pair) socket.destroy()
    await new Promise((done) => this.server.close(done))
  }

  private accept(client: Socket): void {
    if (this.mood === 'cut') return void client.destroy()
    const upstream = connect(this.target, '127.0.0.1')
    const pair: [Socket, Socket] = [client, upstream]
    this.pairs.add(pair)
    const end = () => {
      this.pairs.delete(pair)
      this.sockets.delete(pair)
      client.destroy()
      upstream.destroy()
    }
    let first = true
    let answered = false
    client.on('data', (data) => {
      if (first && /^upgrade: *websocket/im.test(data.toString('latin1'))) {
        if (!this.upgrades) return void client.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')
        this.sockets.add(pair)
      }
      first = false
      this.bytes += data.length
      upstream.write(data)
    })
    upstream.on('data', (data) => {
      if (this.mute && answered && this.sockets.has(pair)) return
      answered = true
      this.bytes += data.length
      this.pings += Number(data[0] === PING)
      client.write(data)
    })
    for (const socket of pair) {
      socket.on('error', end)
      socket.on('close', end)
      if (this.mood === 'swallow') socket.pause()
    }
  }
}
