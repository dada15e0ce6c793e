/** Everything pasted or dropped as text goes through the normaliser before the editor reads it. */
import { Extension } from '@tiptap/core'
import { Plugin } from '@tiptap/pm/state'
import type { EditorView } from '@tiptap/pm/view'
import { isMarkdown, markdownToHtml } from './markdown'
import { normalise, TooMuchPasted } from './normalise'
import type { PastedPicture, PictureOptions } from './pictures'
import { newId } from '../ids'

export interface PasteOptions {
  /** The address under which this document's pictures lie. */
  own: string
  describe: PictureOptions['describe']
  onTooMuch: () => void
  /** Uploads the pictures that came with the text, once it is in the document. */
  onPictures: (view: EditorView, pictures: PastedPicture[]) => void
}

export const CleanPaste = Extension.create<PasteOptions>({
  name: 'cleanPaste',

  addOptions() {
    return {
      own: '/api/v1/documents/',
      describe: (_kind, name) => `[${name}]`,
      onTooMuch: () => undefined,
      onPictures: () => undefined,
    }
  },

  addProseMirrorPlugins() {
    const { own, describe, onTooMuch, onPictures } = this.options
    let files: File[] = []
    const clean = (html: string, view: EditorView): string => {
      try {
        const pasted = normalise(html, { files, own, describe, newId })
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
            paste: (_view, event) => {
              remember(event.clipboardData)
              return false
            },
            drop: (_view, event) => {
              remember(event.dataTransfer)
              return false
            },
          },
          transformPastedHTML: clean,
          handlePaste: (view, event) => {
            const text = event.clipboardData?.getData('text/plain') ?? ''
            const more = event.clipboardData?.types.some((type) => type !== 'text/plain')
            const inCode = view.state.selection.$from.parent.type.spec.code
            const plain = (view as unknown as { input: { shiftKey: boolean } }).input.shiftKey
            if (more || plain || inCode || !isMarkdown(text)) return false
            void markdownToHtml(text).then(
              (html) => view.isDestroyed || view.pasteHTML(html),
              () => view.isDestroyed || view.pasteText(text),
            )
            return true
          },
        },
      }),
    ]
  },
})
