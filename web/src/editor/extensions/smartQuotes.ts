/** Straight quotation marks become those of the language while one types; Backspace right after brings them back. */
import { Extension, InputRule } from '@tiptap/core'
import type { EditorState } from '@tiptap/pm/state'
import i18next from 'i18next'
import { readItem, writeItem } from '../../app/browserStorage'

const KEY = 'quire:straight-quotes'
const APOSTROPHE = '’'
/** Opening and closing, outer and inner. */
const MARKS: Record<string, [string, string, string, string]> = {
  en: ['“', '”', '‘', '’'],
  de: ['„', '“', '‚', '‘'],
  ar: ['«', '»', '‹', '›'],
}
/** What a quotation begins behind: nothing, a blank, a bracket, a dash or another quotation mark. */
const BEGINS = /(^|[\s([{<\u2012-\u2015/“„‘‚«‹"'])$/

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
  const [open, close, openInner, closeInner] = MARKS[language] ?? (MARKS.en as [string, string, string, string])
  // Both signs at once, to write between them.
  if (before.endsWith(sign === '"' ? open : openInner)) return sign === '"' ? close : closeInner
  if (BEGINS.test(before)) return sign === '"' ? open : openInner
  if (sign === '"') return close
  // Words have apostrophes; a quotation is closed only where one is open.
  const quoted = before.lastIndexOf(openInner) > before.lastIndexOf(closeInner)
  return quoted ? closeInner : APOSTROPHE
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
