import { afterEach, expect, test } from 'vitest'
import { Observable } from '../../src/sync/observable'
import { closeDocuments, noteOpen, register } from '../../src/sync/openDocuments'

const closed: string[] = []
const opened: (() => void)[] = []

/** Opens a document whose local copy may be one that the browser does not read or write any more. */
function open(documentId: string, broken: boolean): void {
  const fails = () => Promise.reject(new DOMException('The disk fails', 'UnknownError'))
  opened.push(
    register({
      documentId,
      unsaved: false,
      state: new Observable({ kept: 'yes' as const }),
      noteLast: () => undefined,
      note: () => (broken ? fails() : Promise.resolve()),
      close: async () => {
        if (broken) await fails()
        await Promise.resolve()
        closed.push(documentId)
      },
    }),
  )
}

afterEach(() => {
  for (const end of opened.splice(0)) end()
  closed.length = 0
})

test('signing out goes on when one of the open documents cannot be noted or closed', async () => {
  open('broken', true)
  open('sound', false)
  await noteOpen()
  await closeDocuments()
  expect(closed).toEqual(['sound'])
})
