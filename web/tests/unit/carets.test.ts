import { expect, test } from 'vitest'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { foremost } from '../../src/editor/extensions/caret'

test('of a crowd of carets those of members and of the latest are drawn, and never one’s own', () => {
  const doc = new Y.Doc()
  doc.clientID = 1
  const awareness = new Awareness(doc)
  awareness.setLocalState({ user: { name: 'I' }, cursor: {} })
  const here = (client: number, heard: number, state: object) => {
    awareness.states.set(client, { cursor: {}, ...state })
    awareness.meta.set(client, { clock: 1, lastUpdated: heard })
  }
  for (let client = 1000; client < 2600; client += 1) here(client, client, { user: { guest: true } })
  here(2, 1, { user: { guest: false } })
  here(3, 1, { user: { guest: false }, idle: true })
  here(4, 9999, { user: { guest: true }, idle: true })
  here(5, 9999, { user: { guest: false }, cursor: null })
  const drawn = foremost(awareness).map(([client]) => client)
  expect(drawn).toHaveLength(64)
  expect(drawn.slice(0, 3)).toEqual([2, 3, 2599])
  expect(drawn.at(-1)).toBe(2538)
})

test('few carets are all drawn, as they came', () => {
  const awareness = new Awareness(new Y.Doc())
  for (const client of [9, 5, 7]) awareness.states.set(client, { cursor: {}, idle: client === 9 })
  expect(foremost(awareness).map(([client]) => client)).toEqual([9, 5, 7])
})
