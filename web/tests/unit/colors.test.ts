import { describe, expect, test } from 'vitest'
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { COLORS, keepApart } from '../../src/presence/colors'

/** Browsers that hear of each other at once; each starts with the same colour. */
function together(ids: string[], color = COLORS[0]): Awareness[] {
  const all = ids.map((id, index) => {
    const doc = new Y.Doc()
    doc.clientID = index + 1
    const awareness = new Awareness(doc)
    awareness.setLocalState({ user: { id, name: id, color } })
    return awareness
  })
  for (const from of all) {
    from.on('update', ({ added, updated }: { added: number[]; updated: number[] }, origin: unknown) => {
      if (origin !== 'local') return
      const update = encodeAwarenessUpdate(from, [...added, ...updated])
      for (const to of all) if (to !== from) applyAwarenessUpdate(to, update, 'remote')
    })
  }
  for (const from of all) {
    for (const to of all) if (to !== from) applyAwarenessUpdate(to, encodeAwarenessUpdate(from, [from.clientID]), 'x')
  }
  all.forEach(keepApart)
  return all
}

const colors = (all: Awareness[]) => all.map((one) => (one.getLocalState() as { user: { color: string } }).user.color)

describe('colours', () => {
  test('differ among those who are here, and the lowest client keeps its own', () => {
    const shown = colors(together(['ada', 'bob', 'eve']))
    expect(shown[0]).toBe(COLORS[0])
    expect(new Set(shown).size).toBe(3)
  })

  test('are one a person, however many tabs', () => {
    const shown = colors(together(['ada', 'bob', 'bob']))
    expect(shown[1]).toBe(shown[2])
    expect(shown[1]).not.toBe(shown[0])
  })

  test('are one a guest, whose id the server shows to others as a hash', () => {
    const doc = new Y.Doc()
    doc.clientID = 7
    const guest = new Awareness(doc)
    guest.setLocalState({ user: { id: 'guest:0198b8a2-6f5e-4c3a-9d1b-2f3e4d5c6b7a', color: COLORS[0] } })
    const hash = 'guest:eb19d4517b6a24bf6dbb9f71e3d9e842'
    guest.states.set(3, { user: { id: hash, color: COLORS[4] } })
    keepApart(guest)
    expect(colors([guest])).toEqual([COLORS[4]])
  })

  test('are all used before one is used twice, and then nobody changes any more', () => {
    const shown = colors(together(Array.from({ length: 20 }, (_, index) => `p${index}`)))
    expect(new Set(shown)).toEqual(new Set(COLORS))
  })
})
