import i18next from 'i18next'
import { describe, expect, test } from 'vitest'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import en from '../../src/i18n/en.json'
import { peopleOf } from '../../src/presence/people'

function room(): Awareness {
  return new Awareness(new Y.Doc())
}

describe('who is here', () => {
  test('is one entry a person, however many tabs they have', () => {
    const awareness = room()
    awareness.states.set(1, { user: { id: 'bob', name: 'Bob', color: '#112233' }, idle: true })
    awareness.states.set(2, { user: { id: 'bob', name: 'Bob', color: '#112233' } })
    awareness.states.set(3, { user: { id: 'eve', name: 'Eve', color: '#112233' } })
    expect(peopleOf(awareness).map(({ name, idle }) => [name, idle])).toEqual([
      ['Bob', false],
      ['Eve', false],
    ])
  })

  test('tells a guest from a member of the same name', async () => {
    await i18next.init({ lng: 'en', keySeparator: false, resources: { en: { translation: en } } })
    const awareness = room()
    awareness.states.set(1, { user: { id: 'bob', name: 'Bob' } })
    awareness.states.set(2, { user: { id: 'guest:bob', name: 'Bob', guest: true } })
    // Else letters from right to left would turn the mark around.
    awareness.states.set(3, { user: { id: 'guest:eve', name: '\u202eEve\u2066', guest: true } })
    expect(peopleOf(awareness).map(({ name }) => name)).toEqual(['Bob', 'Bob (guest)', 'Eve (guest)'])
  })

  test('leaves out oneself and states without a name, and bounds what others send', () => {
    const awareness = room()
    awareness.setLocalState({ user: { id: 'me', name: 'Me' } })
    awareness.states.set(7, {})
    awareness.states.set(8, { user: { id: 'x', name: 'n'.repeat(500), color: 'red; background: url(//evil)' } })
    const people = peopleOf(awareness)
    expect(people).toHaveLength(1)
    expect(people[0]?.name).toHaveLength(60)
    awareness.states.set(8, { user: { id: 'x', name: '😀'.repeat(500) } })
    expect(peopleOf(awareness)[0]?.name).toBe('😀'.repeat(60))
    expect(people[0]?.color).toBe('#5b4ab5')
  })
})
