/** What the driver of the replicas may ask for. */
import * as Y from 'yjs'
import { act } from './actions'
import { Chance } from './chance'
import { edit } from './edits'
import { misplaced } from './misplaced'
import { Replica } from './replica'
import { settled } from './settled'

type Request =
  | { do: 'open'; clients: number[]; base: string; seed: number }
  | { do: 'edit'; replica: number; times: number }
  | { do: 'act'; replica: number; action: string; details: Record<string, string> }
  | { do: 'receive'; replica: number; updates: string[] }
  | { do: 'stored'; replica: number }
  | { do: 'misplaced'; seeds: number }

let replicas: Replica[] = []
let chance = new Chance(0)

export async function command(
  request: Request,
  decode: (text: string) => Uint8Array,
  encode: (bytes: Uint8Array) => string,
): Promise<object> {
  if (request.do === 'open') {
    for (const replica of replicas) replica.close()
    chance = new Chance(request.seed)
    replicas = request.clients.map((client) => new Replica(client, decode(request.base)))
    await settled()
    return { updates: replicas.map((replica) => replica.outgoing().map(encode)) }
  }
  if (request.do === 'misplaced') {
    const documents = misplaced(request.seeds).map(([name, update]) => [name, encode(update)])
    return { documents: Object.fromEntries(documents) as object }
  }
  const replica = replicas[request.replica]
  if (!replica) throw new Error('no such replica')
  if (request.do === 'stored') {
    return {
      document: replica.stored(),
      update: encode(Y.encodeStateAsUpdate(replica.doc)),
      shown: replica.editor.state.doc.toJSON() as object,
    }
  }
  const names: string[] = []
  if (request.do === 'receive') replica.receive(request.updates.map(decode))
  else if (request.do === 'act') act(replica.editor, request.action, request.details)
  else for (let time = 0; time < request.times; time += 1) names.push(edit(replica.editor, chance))
  await settled()
  replica.check()
  return { updates: replica.outgoing().map(encode), names }
}
