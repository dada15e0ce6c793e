/** Files that are dropped anywhere on the page. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { takeDroppedFiles } from '../../src/editor/dropFiles'
import { Replica } from '../replicas/replica'

let replica: Replica
let refused: ReturnType<typeof vi.fn<() => void>>
let stop: () => void

beforeEach(() => {
  replica = new Replica(1, Y.encodeStateAsUpdate(new Y.Doc()))
  replica.editor.commands.setContent('<p>one</p><p>two</p><p>three</p>')
  vi.spyOn(replica.editor.view, 'posAtCoords').mockReturnValue({ pos: 7, inside: 5 })
  refused = vi.fn<() => void>()
  stop = takeDroppedFiles(replica.editor, refused)
})
afterEach(() => {
  stop()
  replica.close()
})

/** Whether the browser is kept from showing the file. */
function drop(...types: string[]): boolean {
  const files = types.map((type, index) => new File(['x'], `file ${index}`, { type }))
  const event = new Event('drop', { bubbles: true, cancelable: true })
  Object.assign(event, { dataTransfer: { types: ['Files'], files }, clientX: 2, clientY: 300 })
  document.body.dispatchEvent(event)
  return event.defaultPrevented
}

const blocks = () => replica.editor.state.doc.children.map(({ type, textContent }) => textContent || type.name)

test('a picture goes into the text where that is nearest', () => {
  expect(drop('application/pdf', 'image/png')).toBe(true)
  expect(blocks()).toEqual(['one', 'image', 'two', 'three'])
  expect(refused).not.toHaveBeenCalled()
})

test('a picture that is dropped beside what can be seen of the text takes the place of nothing', () => {
  vi.spyOn(replica.editor.view, 'posAtCoords').mockReturnValue(null)
  replica.editor.commands.selectAll()
  drop('image/png')
  expect(blocks()).toEqual(['one', 'two', 'three', 'image', 'paragraph'])
})

test('what is no picture is refused, and the document stays', () => {
  expect(drop('application/pdf')).toBe(true)
  expect(refused).toHaveBeenCalledOnce()
  expect(blocks()).toEqual(['one', 'two', 'three'])
})

test('who only reads drops nothing', () => {
  replica.editor.setEditable(false)
  expect(drop('image/png')).toBe(true)
  expect(refused).toHaveBeenCalledOnce()
  expect(blocks()).toEqual(['one', 'two', 'three'])
})
