/** Straight quotation marks become those of the language while one types; Backspace or undo right after brings them back. */
import { Extension } from '@tiptap/core'
import type { ResolvedPos } from '@tiptap/pm/model'
import { Plugin, PluginKey, type EditorState } from '@tiptap/pm/state'
import type { EditorView } from '@tiptap/pm/view'
import i18next from 'i18next'
import { readItem, writeItem } from '../../browser/storage'
import { correcting } from '../undo'

const KEY = 'quire:straight-quotes'
const APOSTROPHE = '’'
/** The opening and the closing mark of a quotation, and of one inside it. */
type Marks = Record<'outer' | 'inner', [string, string]>
const MARKS: Record<string, Marks> = {
  en: { outer: ['“', '”'], inner: ['‘', '’'] },
  de: { outer: ['„', '“'], inner: ['‚', '‘'] },
  ar: { outer: ['«', '»'], inner: ['‹', '›'] },
}
/** A straight mark at the end. */
const SIGN = /["']$/
/** How far back an open quotation is looked for. */
const REACH = 500
/** What a quotation begins behind: nothing, a blank, a bracket, a dash or another quotation mark. */
const BEGINS = /(^|[\s([{<\u2012-\u2015/“„‘‚«‹"'])$/
/** Arabic writes "and", "in" and the like as one word with what follows. */
const PREFIXED = /\p{Script=Arabic}$/u

export const smartQuotes = {
  get on(): boolean {
    return readItem(KEY) === null
  },
  toggle(): void {
    writeItem(KEY, this.on ? 'yes' : null)
  },
}

/** The sign that a straight one stands for behind these words. */
export function quoteFor(sign: string, before: string, language: string): string {
  const marks = MARKS[language] ?? (MARKS.en as Marks)
  const [open, close] = sign === '"' ? marks.outer : marks.inner
  // Both signs at once, to write between them.
  if (before.endsWith(open)) return close
  const quoted = before.lastIndexOf(open) > before.lastIndexOf(close)
  if (BEGINS.test(before) || (PREFIXED.test(before) && !quoted)) return open
  // Words have apostrophes; a quotation is closed only where one is open.
  return sign === '"' || quoted ? close : APOSTROPHE
}

/** Code says what it says, also before its second backtick is written. */
function isCode({ parent, nodeBefore }: ResolvedPos, before: string): boolean {
  const backticks = before.split('`').length - 1
  return backticks % 2 === 1 || Boolean(parent.type.spec.code || nodeBefore?.marks.some(({ type }) => type.spec.code))
}

/** Whether one sign goes into one paragraph: several letters at once are no typing. */
function isTyped({ selection: { $from, $to } }: EditorState, from: number): boolean {
  return from === $from.pos && $from.parent.isTextblock && $from.sameParent($to)
}

const key = new PluginKey<boolean>('smartQuotes')

/** Puts the mark of the language for the straight one before the caret. */
function correct(view: EditorView): void {
  const { $from, empty } = view.state.selection
  const typed = $from.parent.textBetween(Math.max(0, $from.parentOffset - REACH), $from.parentOffset, null, '\ufffc')
  const sign = SIGN.exec(typed)?.[0]
  const before = typed.slice(0, -1)
  if (!empty || !sign || isCode($from, before)) return
  const quote = quoteFor(sign, before, i18next.language)
  view.dispatch(correcting(view.state.tr.insertText(quote, $from.pos - 1, $from.pos)).setMeta(key, true))
}

export const SmartQuotes = Extension.create({
  name: 'smartQuotes',
  addProseMirrorPlugins() {
    const { editor } = this
    return [
      new Plugin<boolean>({
        key,
        state: {
          init: () => false,
          apply: (tr, made) => tr.getMeta(key) === true || (made && !tr.docChanged && !tr.selectionSet),
        },
        props: {
          handleTextInput: (view, from, _to, text, insertion) => {
            if (text.length !== 1 || !SIGN.test(text) || !smartQuotes.on) return false
            if (view.composing || !isTyped(view.state, from)) return false
            view.dispatch(insertion())
            correct(view)
            return true
          },
          handleDOMEvents: {
            // A sign that is made of two keys; what it becomes is written when the event is over.
            compositionend: (view, { data }) => {
              if (SIGN.test(data) && smartQuotes.on) setTimeout(() => view.isDestroyed || correct(view))
            },
          },
          handleKeyDown: (view, { key: pressed }) =>
            pressed === 'Backspace' && key.getState(view.state) === true && editor.commands.undo(),
        },
      }),
    ]
  },
})
