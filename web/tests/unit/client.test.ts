/** What counts as an answer of Quire. */
import { afterEach, expect, test, vi } from 'vitest'
import { api, NetworkError } from '../../src/api/client'

afterEach(() => vi.unstubAllGlobals())

const answers = (type: string, body: string) =>
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(body, { headers: { 'Content-Type': type } })))

test.each([
  ['text', () => api.content('id', 'text', null)],
  ['a page', () => api.content('id', 'html', null)],
  ['a picture', () => api.attachment('/api/v1/documents/id/attachments/digest', 'link')],
  ['an exchange', () => api.exchange('id', new Uint8Array(), null, 'tab')],
])('the page of a network that wants a sign-in is not taken for %s', async (_, ask) => {
  answers('text/html; charset=utf-8', '<!doctype html><title>Welcome to our hotel</title>')
  await expect(ask()).rejects.toThrow(NetworkError)
})

test('a page of Quire is', async () => {
  const page = '<!doctype html><meta name="generator" content="Quire"><p>words</p>'
  answers('text/html; charset=utf-8', page)
  expect(await api.content('id', 'html', null)).toBe(page)
})
