import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { SaveStatus } from '../../src/sync/session/state'
import { calmed } from '../../src/sync/session/status'

const SAVED: SaveStatus = { kind: 'saved', transport: 'socket' }
const SAVING: SaveStatus = { kind: 'saving', transport: 'socket' }
const UNSAVED: SaveStatus = { kind: 'unsaved', reason: 'the disk is full' }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function shown(): [(status: SaveStatus) => void, SaveStatus['kind'][]] {
  const kinds: SaveStatus['kind'][] = []
  return [calmed(({ kind }) => kinds.push(kind)), kinds]
}

test('who types on is told "saving" once, and "saved" at the end', () => {
  const [tell, kinds] = shown()
  tell(SAVED)
  for (let key = 0; key < 20; key += 1) {
    tell(SAVING)
    vi.advanceTimersByTime(20)
    tell(SAVED)
    vi.advanceTimersByTime(150)
  }
  expect(kinds).toEqual(['saved', 'saving'])
  vi.advanceTimersByTime(1000)
  expect(kinds).toEqual(['saved', 'saving', 'saved'])
  tell(SAVING)
  expect(kinds).toEqual(['saved', 'saving', 'saved', 'saving'])
})

test('after a rest, too, what is not saved is not called saved', () => {
  const [tell, kinds] = shown()
  tell(SAVED)
  for (let sentence = 0; sentence < 3; sentence += 1) {
    tell(SAVING)
    expect(kinds.at(-1)).toBe('saving')
    tell(SAVED)
    vi.advanceTimersByTime(1000)
    expect(kinds.at(-1)).toBe('saved')
  }
})

test('trouble is told at once, and "saved" is not told after it', () => {
  const [tell, kinds] = shown()
  tell(SAVING)
  tell(SAVED)
  tell(UNSAVED)
  vi.advanceTimersByTime(1000)
  expect(kinds).toEqual(['saving', 'unsaved'])
  tell(SAVED)
  expect(kinds).toEqual(['saving', 'unsaved', 'saved'])
})
