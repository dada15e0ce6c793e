/** `:name` offers emoji, `:name:` writes one. In the document an emoji is a character like any other. */
import { Extension, InputRule } from '@tiptap/core'
import { PluginKey } from '@tiptap/pm/state'
import Suggestion from '@tiptap/suggestion'
import i18next from 'i18next'
import { outsideCode, showing, type Choice } from '../suggest/listbox'
import { byCode, loadEmoji, search } from './data'

const MOST = 8

export const EmojiNames = Extension.create({
  name: 'emojiNames',

  addInputRules() {
    return [
      new InputRule({
        find: /(?:^|\s):([a-z0-9_+-]{2,}):$/,
        handler: ({ range, match, chain }) => {
          const sign = byCode(match[1] ?? '')
          if (!sign) return
          const from = range.to - (match[1]?.length ?? 0) - 1
          chain().insertContentAt({ from, to: range.to }, sign).run()
        },
      }),
    ]
  },

  addProseMirrorPlugins() {
    return [
      Suggestion<Choice & { sign: string }>({
        editor: this.editor,
        pluginKey: new PluginKey('emojiNames'),
        char: ':',
        minQueryLength: 2,
        allow: outsideCode,
        items: async ({ query }) => {
          if (!/^[\p{L}\d_+-]{2,}$/u.test(query)) return []
          const found = search(await loadEmoji(i18next.language), query, MOST)
          return found.map(({ sign, label, codes }) => ({ sign, label: codes[0] ?? label }))
        },
        command: ({ editor, range, props }) => editor.chain().focus().insertContentAt(range, props.sign).run(),
        render: showing(() => i18next.t('emoji.title')),
      }),
    ]
  },
})
