/** What Yjs keeps of the items of a document: which are new in a transaction, and who wrote them. */
import * as Y from 'yjs'

/** Whether an item came with a transaction. */
export function isNewIn({ beforeState }: Y.Transaction, { id }: Y.Item): boolean {
  return id.clock >= (beforeState.get(id.client) ?? 0)
}

/** Who else wrote something in a transaction. */
export function others({ doc, beforeState, afterState }: Y.Transaction): number[] {
  const wrote = ([client, end]: [number, number]): boolean =>
    client !== doc.clientID && end !== (beforeState.get(client) ?? 0)
  return [...afterState].filter(wrote).map(([client]) => client)
}

/** What a client wrote in a transaction and is there, in the order of writing. */
export function newItems({ doc, beforeState }: Y.Transaction, client: number): Y.Item[] {
  const structs = doc.store.clients.get(client) ?? []
  const start = beforeState.get(client) ?? 0
  let from = structs.length
  while (from > 0 && (structs[from - 1]?.id.clock ?? 0) >= start) from -= 1
  return structs.slice(from).filter((struct) => struct instanceof Y.Item && !struct.deleted) as Y.Item[]
}

/** Texts in which others wrote letters in a transaction. */
export function textsWritten(transaction: Y.Transaction): Set<Y.XmlText> {
  const texts = new Set<Y.XmlText>()
  for (const client of others(transaction)) {
    for (const { content, parent } of newItems(transaction, client)) {
      if (content instanceof Y.ContentString && parent instanceof Y.XmlText) texts.add(parent)
    }
  }
  return texts
}

/** Yjs remembers places in a text, and forgets those of what others change only when it calls the observers. */
export function forgetPlaces({ _searchMarker }: Pick<Y.AbstractType<unknown>, '_searchMarker'>): void {
  _searchMarker?.splice(0)
}

/** Whether one id is the next of its client after another. */
export function isNext(id: Y.ID, before: Y.ID): boolean {
  return id.client === before.client && id.clock === before.clock + 1
}
