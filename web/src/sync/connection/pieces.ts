/**
 * What the server lacks, in pieces that it takes one by one: it has a limit for one update, which a long document that
 * it lost with an older backup is above, and on a bad link what has arrived has not to be sent again.
 */
import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'

/** Bytes of a piece, about. */
const PIECE = 256 * 1024

type Struct = ReturnType<typeof Y.decodeUpdate>['structs'][number]

/** Structs of one client that follow on each other, as they are written. */
interface Section {
  start: number
  end: number
  count: number
  encoder: Y.UpdateEncoderV1
}

/**
 * The pieces of an update: each stands on those before it, so that none has to wait, and the last one has all deletions.
 * A single struct is never divided.
 */
export function inPieces(update: Uint8Array, most = PIECE): Uint8Array[] {
  if (update.byteLength <= most) return [update]
  const pieces: Uint8Array[] = []
  let sections = new Map<number, Section>()
  let size = 0
  const end = (): void => {
    if (sections.size > 0) pieces.push(written(sections))
    sections = new Map()
    size = 0
  }
  const ends = new Map<number, number>()
  for (const struct of inOrder(Y.decodeUpdate(update).structs)) {
    const { client, clock } = struct.id
    ends.set(client, clock + struct.length)
    let section = sections.get(client)
    if (size >= most || (section && section.end !== clock)) {
      end()
      section = undefined
    }
    section ??= { start: clock, end: clock, count: 0, encoder: new Y.UpdateEncoderV1() }
    sections.set(client, section)
    const before = encoding.length(section.encoder.restEncoder)
    struct.write(section.encoder, 0)
    size += encoding.length(section.encoder.restEncoder) - before
    section.end = clock + struct.length
    section.count += 1
  }
  end()
  pieces.push(Y.diffUpdate(update, stateVector(ends)))
  return pieces
}

/** The structs so that each comes after what it stands on. */
function* inOrder(structs: Struct[]): Generator<Struct> {
  const waiting = new Map<number, { at: number; structs: Struct[] }>()
  for (const struct of structs) {
    if (struct instanceof Y.Skip) continue
    const { client } = struct.id
    const own = waiting.get(client)
    if (own) own.structs.push(struct)
    else waiting.set(client, { at: 0, structs: [struct] })
  }
  const next = (client: number): Struct | undefined => {
    const own = waiting.get(client)
    return own?.structs[own.at]
  }
  const missing = (struct: Struct): number | undefined =>
    standsOn(struct).find((id) => {
      const due = id.client === struct.id.client ? undefined : next(id.client)
      return due !== undefined && due.id.clock <= id.clock
    })?.client
  for (const first of waiting.keys()) {
    // Whose structs have to come, each because of the one before.
    const wanted = [first]
    for (let client = wanted.at(-1); client !== undefined; client = wanted.at(-1)) {
      const struct = next(client)
      const before = struct && missing(struct)
      if (struct === undefined) wanted.pop()
      else if (before !== undefined && !wanted.includes(before)) wanted.push(before)
      else {
        yield struct
        const own = waiting.get(client)
        if (own) own.at += 1
        if (wanted.length > 1) wanted.pop()
      }
    }
  }
}

function standsOn(struct: Struct): Y.ID[] {
  if (!(struct instanceof Y.Item)) return []
  // Before it is part of a document, its parent is an id or the name of a root.
  const parent: unknown = struct.parent
  return [struct.origin, struct.rightOrigin, parent instanceof Y.ID ? parent : null].filter((id) => id !== null)
}

function written(sections: Map<number, Section>): Uint8Array {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, sections.size)
  for (const [client, section] of sections) {
    encoding.writeVarUint(encoder, section.count)
    encoding.writeVarUint(encoder, client)
    encoding.writeVarUint(encoder, section.start)
    encoding.writeUint8Array(encoder, encoding.toUint8Array(section.encoder.restEncoder))
  }
  // No deletions.
  encoding.writeVarUint(encoder, 0)
  return encoding.toUint8Array(encoder)
}

function stateVector(clocks: Map<number, number>): Uint8Array {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, clocks.size)
  for (const [client, clock] of clocks) {
    encoding.writeVarUint(encoder, client)
    encoding.writeVarUint(encoder, clock)
  }
  return encoding.toUint8Array(encoder)
}
