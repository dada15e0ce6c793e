/** Who is said to have come and gone. */
import { MantineProvider } from '@mantine/core'
import { act, createElement } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Arrivals } from '../../src/presence/Arrivals'

const ADA = { client: 1, id: 'ada', name: 'Ada', color: '#2f5d50', idle: false }

let root: Root
let page: HTMLElement

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true)
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => {}, removeEventListener: () => {} }))
  page = document.createElement('div')
  root = createRoot(page)
})
afterEach(() => {
  act(() => root.unmount())
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const here = (...people: (typeof ADA)[]) =>
  act(() => root.render(createElement(MantineProvider, null, createElement(Arrivals, { people }))))
const wait = (ms: number) => act(() => vi.advanceTimersByTime(ms))
const said = () => page.querySelector('[role=status]')?.textContent

test('a connection that breaks for two seconds is nobody’s leaving', () => {
  here(ADA)
  wait(5000)
  expect(said()).toBe('presence.joined')
  here()
  wait(2000)
  expect(said()).toBe('presence.joined')
  here(ADA)
  wait(5000)
  expect(said()).toBe('presence.joined')
  here()
  wait(5000)
  expect(said()).toBe('presence.left')
})
