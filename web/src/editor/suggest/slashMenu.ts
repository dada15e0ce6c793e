/** `/` on a line offers blocks. */
import { Extension } from '@tiptap/core'
import { PluginKey } from '@tiptap/pm/state'
import Suggestion from '@tiptap/suggestion'
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

export const SlashMenu = Extension.create({
  name: 'slashMenu',
  addProseMirrorPlugins() {
    return [
      Suggestion<BlockChoice>({
        editor: this.editor,
        pluginKey: new PluginKey('slashMenu'),
        char: '/',
        startOfLine: true,
        allow: outsideCode,
        items: ({ query }) => matching(query),
        command: ({ editor, range, props }) => runAt(editor, range, props.block),
        render: showing(() => i18next.t('slash.label')),
      }),
    ]
  },
})
