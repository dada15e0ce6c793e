/** Everything pasted or dropped as text goes through the normaliser before the editor reads it. */
import { Extension } from '@tiptap/core'
import { Fragment, Slice } from '@tiptap/pm/model'
import { Plugin, TextSelection, type Selection } from '@tiptap/pm/state'
import { CellSelection } from '@tiptap/pm/tables'
import type { EditorView } from '@tiptap/pm/view'
import { isItem } from '../extensions/lists'
import { linkAddresses } from './addresses'
import { asWords } from './asWords'
import { copiedText } from './copiedText'
import { isMarkdown, markdownToHtml } from './markdown'
import { normalise, TooMuchPasted } from './normalise'
import type { PastedPicture, PictureOptions } from './pictures'
import { plainText } from './plainText'
import { newId } from '../ids'

export interface PasteOptions {
  /** The address under which this document's pictures lie. */
  own: string
  fetched: PictureOptions['fetched']
  describe: PictureOptions['describe']
  onTooMuch: () => void
  /** Does what takes a while, and says so before. */
  onLarge: (work: () => void) => void
  /** Uploads the pictures that came with the text, once it is in the document. */
  onPictures: (view: EditorView, pictures: PastedPicture[]) => void
}

/** Ctrl+Shift+V; Shift+Insert pastes as usual. */
function isPlain(view: EditorView): boolean {
  const { input } = view as unknown as { input: { shiftKey: boolean; lastKeyCode: number | null } }
  return input.shiftKey && input.lastKeyCode !== 45
}

/** Whether what comes is letters and nothing else: that is asked for, or is all that code has room for. */
function takesLetters(view: EditorView): boolean {
  return isPlain(view) || Boolean(view.state.selection.$from.parent.type.spec.code)
}

/** The page stands still while this many characters of HTML are read: that is said first. */
const LARGE = 1_000_000

const isRich = (type: string) => type !== 'text/plain'

/** VS Code says what language its text is in. */
function fromMarkdownFile(transfer: DataTransfer | null): boolean {
  return /"mode":\s*"markdown"/.test(transfer?.getData('vscode-editor-data') ?? '')
}

/** What fills an empty paragraph brings its layout: the first paragraph then takes its place instead of joining it. */
function ownLayout(slice: Slice, { $from, empty }: Selection): Slice {
  const [first] = slice.content.content
  const into = $from.parent
  if (!first || !empty || into.content.size > 0 || into.type.name !== 'paragraph') return slice
  const laidOut = Object.entries(first.attrs).some(([name, value]) => name !== 'id' && value !== into.attrs[name])
  if (first.type !== into.type || slice.openStart !== 1 || !laidOut) return slice
  return new Slice(slice.content, 0, slice.content.childCount > 1 ? slice.openEnd : 0)
}

/** Paragraphs and headings are items of the list that they are pasted into, as lines that are typed there. */
function asItems(slice: Slice, { $from }: Selection): Slice {
  const { content, openStart, openEnd } = slice
  const item = $from.depth > 2 ? $from.node(-1) : null
  if (!isItem(item) || !item || content.childCount < 2) return slice
  if (content.content.some(({ type }) => !['paragraph', 'heading'].includes(type.name))) return slice
  const { paragraph } = item.type.schema.nodes
  const items = content.content.map((line) =>
    item.type.create(null, line.type === paragraph ? line : paragraph?.create(null, line.content)),
  )
  return new Slice(Fragment.from($from.node(-2).type.create(null, items)), openStart + 2, openEnd + 2)
}

/** Whether words stand behind what is put here, in the same block. */
function standsBefore(selection: Selection): boolean {
  const { $to } = selection
  return selection instanceof TextSelection && $to.parentOffset < $to.parent.content.size
}

/** In two steps: one undo brings back the text as it was written. */
export async function pasteMarkdown(view: EditorView, text: string): Promise<void> {
  const html = await markdownToHtml(text).catch(() => null)
  if (view.isDestroyed) return
  if (html !== null && view.state.selection instanceof CellSelection) {
    // It goes into every cell: no one place has the text that was written.
    view.pasteHTML(html)
    return
  }
  const { from } = view.state.selection
  view.pasteText(text)
  if (html === null) return
  const { doc, selection, tr } = view.state
  view.dispatch(tr.setSelection(TextSelection.create(doc, from, selection.to)))
  view.pasteHTML(html)
}

export const CleanPaste = Extension.create<PasteOptions>({
  name: 'cleanPaste',
  // Before links make one of the selection when an address is pasted.
  priority: 1001,

  addOptions() {
    return {
      own: '/api/v1/documents/',
      fetched: () => Promise.reject(new Error('no server')),
      describe: (_kind, name) => `[${name}]`,
      onTooMuch: () => undefined,
      onLarge: (work) => work(),
      onPictures: () => undefined,
    }
  },

  addProseMirrorPlugins() {
    const { own, fetched, describe, onTooMuch, onLarge, onPictures } = this.options
    let files: File[] = []
    const clean = (html: string, view: EditorView): string => {
      try {
        const pasted = normalise(html, { files, own, fetched, describe, newId })
        files = []
        if (pasted.pictures.length > 0) queueMicrotask(() => onPictures(view, pasted.pictures))
        return pasted.html
      } catch (error) {
        if (!(error instanceof TooMuchPasted)) throw error
        onTooMuch()
        return ''
      }
    }
    const remember = (transfer: DataTransfer | null) => {
      files = [...(transfer?.files ?? [])].filter((file) => file.type.startsWith('image/'))
    }
    return [
      new Plugin({
        props: {
          handleDOMEvents: {
            paste: (view, event) => {
              remember(event.clipboardData)
              const html = event.clipboardData?.getData('text/html') ?? ''
              if (html.length < LARGE || takesLetters(view) || !view.editable) return false
              event.preventDefault()
              onLarge(() => void (view.isDestroyed || view.pasteHTML(html)))
              return true
            },
            drop: (_view, event) => {
              remember(event.dataTransfer)
              return false
            },
          },
          transformPastedHTML: clean,
          transformPasted: (slice, view) => {
            // What is moved is as it was.
            if (view.dragging) return slice
            const { selection, schema } = view.state
            const linked = takesLetters(view) ? slice : linkAddresses(slice, schema)
            return asItems(ownLayout(standsBefore(selection) ? asWords(linked) : linked, selection), selection)
          },
          clipboardTextParser: plainText,
          clipboardTextSerializer: ({ content }) => copiedText(content),
          handlePaste: (view, event, slice) => {
            const { state } = view
            const transfer = event.clipboardData
            if (state.selection instanceof CellSelection) return false
            if (isPlain(view)) {
              if (slice.size === 0) return false
              // Not announced as a paste to the rules that make links.
              view.dispatch(
                state.tr
                  .replaceSelection(slice)
                  .setMeta('paste', true)
                  .setMeta('preventAutolink', true)
                  .scrollIntoView(),
              )
              return true
            }
            const text = transfer?.getData('text/plain') ?? ''
            const inCode = state.selection.$from.parent.type.spec.code
            if (inCode || !(fromMarkdownFile(transfer) || (!transfer?.types.some(isRich) && isMarkdown(text))))
              return false
            void pasteMarkdown(view, text)
            return true
          },
        },
      }),
    ]
  },
})
