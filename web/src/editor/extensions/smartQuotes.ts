/** Straight quotation marks become those of the language while one types; Backspace right after brings them back. */
import { Extension, InputRule } from '@tiptap/core'
import type { EditorState } from '@tiptap/pm/state'
import i18next from 'i18next'
import { readItem, writeItem } from '../../app/browserStorage'

const KEY = 'quire:straight-quotes'
const APOSTROPHE = '’'
/** The opening and the closing mark of a quotation, and of one inside it. */
type Marks = Record<'outer' | 'inner', [string, string]>
const MARKS: Record<string, Marks> = {
  en: { outer: ['“', '”'], inner: ['‘', '’'] },
  de: { outer: ['„', '“'], inner: ['‚', '‘'] },
  ar: { outer: ['«', '»'], inner: ['‹', '›'] },
}
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
function isCode(state: EditorState, before: string): boolean {
  const backticks = before.split('`').length - 1
  return backticks % 2 === 1 || Boolean(state.storedMarks?.some(({ type }) => type.spec.code))
}

/** Whether one sign goes into one paragraph: several letters at once are no typing. */
function isTyped({ selection: { $from, $to } }: EditorState, from: number): boolean {
  return from === $from.pos && $from.parent.isTextblock && $from.sameParent($to)
}

export const SmartQuotes = Extension.create({
  name: 'smartQuotes',
  addInputRules() {
    return [
      new InputRule({
        find: (text) => {
          const sign = /["']$/.exec(text)?.[0]
          return sign && smartQuotes.on
            ? { index: text.length - 1, text: sign, data: { before: text.slice(0, -1) } }
            : null
        },
        handler: ({ state, range, match }) => {
          const { before } = match.data as { before: string }
          if (isCode(state, before) || !isTyped(state, range.from)) return null
          state.tr.insertText(quoteFor(match[0] ?? '', before, i18next.language), range.from, range.to)
        },
      }),
    ]
  },
})
