/** An address that punctuation follows or that stands in quotes becomes a link, too. */
import { Extension } from '@tiptap/core'
import { isChangeOrigin } from '@tiptap/extension-collaboration'
import { Plugin } from '@tiptap/pm/state'
import { typedAddress } from '../links'

/** Opening signs, an address with its scheme or `www.`, closing signs. TipTap's own rule sees only a word that is all address. */
const AROUND = /^([([{<"'„“‘«]*)((?:https?:\/\/|www\.)\S+?)([.,;:!?…)\]}>"'“”’»]*)$/i

/** Where in a word its address begins and ends, brackets that belong to it included; null if it has none. */
export function addressIn(word: string): { from: number; to: number } | null {
  const found = AROUND.exec(word)
  if (!found) return null
  const [, before = '', address = '', after = ''] = found
  let end = address.length
  // `…/wiki/Quire_(paper)`: the bracket was opened in the address.
  for (const sign of after) {
    const text = word.slice(before.length, before.length + end + 1)
    if (sign !== ')' || text.split('(').length < text.split(')').length) break
    end += 1
  }
  return { from: before.length, to: before.length + end }
}

/** Characters before the caret that are looked at: no address is longer. */
const MOST = 2100

/** The last word of a text, which ends with it or else with one blank after the word. */
function lastWord(text: string, ends: boolean): { text: string; at: number } | null {
  const end = ends ? text.length : text.length - 1
  if (!ends && !/\s/.test(text.charAt(end))) return null
  let at = end
  while (at > 0 && !/\s/.test(text.charAt(at - 1))) at -= 1
  return at < end ? { text: text.slice(at, end), at } : null
}

export const Autolink = Extension.create({
  name: 'autolinkInPunctuation',

  addProseMirrorPlugins() {
    return [
      new Plugin({
        appendTransaction: (transactions, before, state) => {
          const typed = transactions.some((tr) => tr.docChanged && !isChangeOrigin(tr))
          if (!typed || transactions.some((tr) => tr.getMeta('preventAutolink'))) return null
          const { $from, empty } = state.selection
          if (!empty || state.doc.content.size <= before.doc.content.size) return null
          // A blank ended the word, or a new paragraph did.
          const inNew = $from.parentOffset === 0
          const $end = inNew && $from.depth > 0 && $from.before() > 1 ? state.doc.resolve($from.before() - 1) : $from
          if (!$end.parent.isTextblock || $end.parent.type.spec.code) return null
          const first = Math.max(0, $end.parentOffset - MOST)
          const word = lastWord($end.parent.textBetween(first, $end.parentOffset, undefined, '\ufffc'), inNew)
          const found = word && addressIn(word.text)
          if (!word || !found) return null
          const { link, code } = state.schema.marks
          const start = $end.start() + first + word.at
          const [from, to] = [start + found.from, start + found.to]
          const href = typedAddress(word.text.slice(found.from, found.to))
          if (!link || !href || state.doc.rangeHasMark(from, to, link)) return null
          if (code && state.doc.rangeHasMark(from, to, code)) return null
          return state.tr.addMark(from, to, link.create({ href })).removeStoredMark(link)
        },
      }),
    ]
  },
})
