/** `/` offers blocks, at the start of a line and after a space. */
import { Extension } from '@tiptap/core'
import type { ResolvedPos } from '@tiptap/pm/model'
import { PluginKey } from '@tiptap/pm/state'
import Suggestion, { type SuggestionMatch } from '@tiptap/suggestion'
import i18next from 'i18next'
import { BLOCKS, runAt, type BlockCommand } from '../commands'
import { outsideCode, showing, type Choice } from './listbox'

type BlockChoice = Choice & { block: BlockCommand }

/** Names of the language in use and English ones both find a block. */
function matching(query: string): BlockChoice[] {
  const typed = query.toLowerCase()
  return BLOCKS.map((block) => ({
    block,
    label: i18next.t(block.key),
    group: i18next.t(`slash.group.${block.group}`),
  })).filter(({ block, label }) =>
    `${label} ${i18next.t(`${block.key}.words`)} ${block.words}`
      .toLowerCase()
      .split(' ')
      .some((word) => word.startsWith(typed)),
  )
}

/** Not in words, dates and addresses, however these are formatted: what counts is the text before the sign. */
function slashBefore($position: ResolvedPos): SuggestionMatch {
  const { parent, parentOffset, pos } = $position
  if (!parent.isTextblock) return null
  const before = parent.textBetween(0, parentOffset, null, ({ type }) => (type.name === 'hardBreak' ? '\n' : '\ufffc'))
  const [text, query] = /(?<=^|\s)\/([^\s/]*)$/.exec(before) ?? []
  if (text === undefined || query === undefined) return null
  return { range: { from: pos - text.length, to: pos }, query, text }
}

export const SlashMenu = Extension.create({
  name: 'slashMenu',
  addProseMirrorPlugins() {
    return [
      Suggestion<BlockChoice>({
        editor: this.editor,
        pluginKey: new PluginKey('slashMenu'),
        char: '/',
        findSuggestionMatch: ({ $position }) => slashBefore($position),
        allow: outsideCode,
        items: ({ query }) => matching(query),
        command: ({ editor, range, props }) => runAt(editor, range, props.block),
        render: showing(() => i18next.t('slash.label')),
      }),
    ]
  },
})
