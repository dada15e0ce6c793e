/**
 * TipTap's basic keys. Beside them it makes what is left plain when everything was selected and nothing is there any
 * more: right for who deleted everything, but not for who gives empty lines a format, and not when others erase the
 * words. There it went on without end, as each plain block got a new id.
 */
import { extensions, isNodeEmpty } from '@tiptap/core'
import { isChangeOrigin } from '@tiptap/extension-collaboration'
import { appendingWhere } from './appending'

/**
 * For `enableCoreExtensions`: what TipTap's editor brings by itself and this one has not. Its events of deletions, which
 * nobody hears, cost seconds in a change of thousands of blocks.
 */
export const CORE_EXTENSIONS = { keymap: false, delete: false } as const

export const Keys = extensions.Keymap.extend({
  addProseMirrorPlugins() {
    return appendingWhere(
      this.parent?.() ?? [],
      (transactions, before) => !transactions.some(isChangeOrigin) && !isNodeEmpty(before.doc),
    )
  },
})
