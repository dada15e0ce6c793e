/**
 * The other tabs of this browser that have the document open. While the server relays nothing, what one of them writes
 * goes to the others at once; each asks the others for what it lacks when it loses the server.
 */
import * as Y from 'yjs'
import { takeUpdate } from './updates'

type Message = { kind: 'update'; update: Uint8Array } | { kind: 'ask'; state: Uint8Array }

export class OtherTabs {
  /** Called before others' changes are taken in. */
  beforeRemote: () => void = () => undefined
  private channel: BroadcastChannel | null = null

  constructor(
    private readonly name: string,
    private readonly doc: Y.Doc,
    /** Whether what this tab holds may go to others: not what the server has refused. */
    private readonly sound: () => boolean,
  ) {}

  /** Hears the others from now on, and is heard. */
  open(): void {
    if (typeof BroadcastChannel === 'undefined') return
    this.channel = new BroadcastChannel(this.name)
    this.channel.onmessage = ({ data }: MessageEvent<Message>) => this.hear(data)
  }

  send(update: Uint8Array): void {
    if (this.sound()) this.say({ kind: 'update', update })
  }

  /** Asks for what the others have beyond this tab. */
  ask(): void {
    this.say({ kind: 'ask', state: Y.encodeStateVector(this.doc) })
  }

  close(): void {
    this.channel?.close()
  }

  private hear(message: Message): void {
    if (message.kind === 'update') {
      this.beforeRemote()
      takeUpdate(this.doc, message.update, this)
    } else if (this.sound()) this.say({ kind: 'update', update: Y.encodeStateAsUpdate(this.doc, message.state) })
  }

  private say(message: Message): void {
    this.channel?.postMessage(message)
  }
}
