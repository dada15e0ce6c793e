/** One exchange over HTTPS: a state vector and an update each way, as two lib0 byte strings. */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { api, type RoleName } from '../../api/client'
import { tab } from './tab'

interface Answer {
  role: RoleName
  /** The state vector of what the server holds, with what was sent. */
  state: Uint8Array
  /** What the server holds beyond the state vector that was sent. */
  update: Uint8Array
}

/** Sends an update, which may be empty, and asks for what is beyond a state vector. */
export async function exchange(
  documentId: string,
  link: string | null,
  state: Uint8Array,
  update: Uint8Array = new Uint8Array(),
): Promise<Answer> {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint8Array(encoder, state)
  encoding.writeVarUint8Array(encoder, update)
  const { role, body } = await api.exchange(documentId, encoding.toUint8Array(encoder), link, tab)
  const decoder = decoding.createDecoder(body)
  return { role, state: decoding.readVarUint8Array(decoder), update: decoding.readVarUint8Array(decoder) }
}
