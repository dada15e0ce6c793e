/** Changes that come from another tab of the same browser. */
import { expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { OtherTabs } from '../../src/sync/connection/otherTabs'

test('what the browser has yet to tell of the caret is asked for before another tab’s change is taken in', async () => {
  const [here, there] = [new Y.Doc(), new Y.Doc()]
  const [tab, other] = [here, there].map((doc) => new OtherTabs('document', doc, () => true)) as [OtherTabs, OtherTabs]
  for (const each of [tab, other]) each.open()
  const found: string[] = []
  tab.beforeRemote = () => found.push(here.getText('words').toString())
  here.on('update', () => found.push(here.getText('words').toString()))
  there.getText('words').insert(0, 'written there')
  other.send(Y.encodeStateAsUpdate(there))
  await vi.waitFor(() => expect(found).toEqual(['', 'written there']))
  for (const each of [tab, other]) each.close()
})
