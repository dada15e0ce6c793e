/** Whether the server knows a document that it does not let this person into. */
import { api, Problem } from '../../api/client'

const RETRY_MS = 4000

/** Asks until there is an answer, or none is wanted any more. Where none can be had, the document counts as known. */
export async function isKnown(id: string, proof: string, wanted: () => boolean): Promise<boolean> {
  while (wanted()) {
    try {
      return (await api.known(id, proof)).known
    } catch (error) {
      if (error instanceof Problem && error.status === 404) break
    }
    await new Promise((then) => setTimeout(then, RETRY_MS))
  }
  return true
}
