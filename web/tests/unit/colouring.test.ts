/** The colours of code: of the language that somebody chose, within bounds, and read no oftener than it changes. */
import { EditorState } from '@tiptap/pm/state'
import { Schema } from '@tiptap/pm/model'
import { common, createLowlight } from 'lowlight'
import { describe, expect, it, vi } from 'vitest'
import { colouring } from '../../src/editor/code/colouring'

const schema = new Schema({
  nodes: {
    doc: { content: 'block+' },
    paragraph: { group: 'block', content: 'text*' },
    codeBlock: { group: 'block', content: 'text*', attrs: { language: { default: null } } },
    text: {},
  },
})

function opened(...blocks: [string | null, string][]) {
  const lowlight = createLowlight(common)
  const read = vi.spyOn(lowlight, 'highlight')
  const guessed = vi.spyOn(lowlight, 'highlightAuto')
  const plugin = colouring('codeBlock', lowlight)
  const doc = schema.node('doc', null, [
    schema.node('paragraph'),
    ...blocks.map(([language, words]) => schema.node('codeBlock', { language }, schema.text(words))),
  ])
  const coloured = (state: EditorState): string[] =>
    (plugin.getState(state)?.decorations.find() ?? []).map(({ from, to }) => state.doc.textBetween(from, to))
  return { state: EditorState.create({ doc, plugins: [plugin] }), read, guessed, coloured }
}

describe('the colours of code', () => {
  it('are those of its language, and none without one', () => {
    const { state, coloured, guessed } = opened(['python', 'def tea'], [null, 'def tea'], ['klingon', 'def tea'])
    expect(coloured(state)).toEqual(['def', 'tea'])
    expect(guessed).not.toHaveBeenCalled()
  })

  it('follow what is written, chosen, moved and put before it', () => {
    const { state, coloured, read } = opened(['python', 'tea'], ['python', 'def b'])
    const typed = state.apply(state.tr.insertText('def ', 3))
    expect(coloured(typed)).toEqual(['def', 'tea', 'def', 'b'])
    expect(read).toHaveBeenCalledTimes(3)
    const below = typed.apply(typed.tr.insertText('words', 1))
    expect(coloured(below)).toEqual(['def', 'tea', 'def', 'b'])
    expect(read).toHaveBeenCalledTimes(3)
    const plain = below.apply(below.tr.setNodeAttribute(7, 'language', null))
    expect(coloured(plain)).toEqual(['def', 'b'])
    const back = plain.apply(plain.tr.replaceWith(0, plain.doc.content.size, below.doc.content))
    expect(coloured(back)).toEqual(['def', 'tea', 'def', 'b'])
  })

  it('go with the words that are code no more', () => {
    const { state, coloured } = opened(['python', 'def tea'], ['python', 'def b'])
    const words = state.apply(state.tr.setBlockType(4, 4, state.schema.nodes.paragraph!))
    expect(coloured(words)).toEqual(['def', 'b'])
    expect(coloured(state.apply(state.tr.join(2)))).toEqual(['def', 'b'])
    const split = state.apply(state.tr.split(7, 1, [{ type: state.schema.nodes.paragraph! }]))
    expect(coloured(split)).toEqual(['def', 'def', 'b'])
    const again = words.apply(words.tr.setBlockType(4, 4, state.schema.nodes.codeBlock!, { language: 'python' }))
    expect(coloured(again)).toEqual(['def', 'tea', 'def', 'b'])
  })

  it('take no time for what would take long', () => {
    const { state, coloured, read } = opened(['ini', '_1'.repeat(50_000)], ['python', 'def tea'])
    expect(coloured(state)).toEqual(['def', 'tea'])
    expect(read).toHaveBeenCalledTimes(1)
  })

  it('are given up where something took long again and again', () => {
    const now = vi.spyOn(performance, 'now')
    for (const time of [0, 300, 300, 600, 600, 900]) now.mockReturnValueOnce(time)
    const names = ['one', 'two', 'three', 'four']
    const { state, coloured, read } = opened(...names.map((name): [string, string] => ['python', `def ${name}`]))
    now.mockRestore()
    expect(coloured(state)).toEqual(['def', 'one', 'def', 'two', 'def', 'three'])
    expect(read).toHaveBeenCalledTimes(3)
  })
})
