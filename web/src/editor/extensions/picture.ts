/** Pictures: uploaded as attachments and referred to by address; never base64 in the document. */
import Image from '@tiptap/extension-image'
import { Plugin } from '@tiptap/pm/state'
import type { EditorView } from '@tiptap/pm/view'

type Upload = (file: File) => Promise<string>

function pictures(files: FileList | undefined | null): File[] {
  return [...(files ?? [])].filter((file) => file.type.startsWith('image/'))
}

async function insert(view: EditorView, files: File[], upload: Upload, at?: number): Promise<void> {
  for (const file of files) {
    const src = await upload(file)
    const node = view.state.schema.nodes.image?.create({ src, alt: file.name.replace(/\.\w+$/, '') })
    if (!node) return
    const position = Math.min(at ?? view.state.selection.to, view.state.doc.content.size)
    view.dispatch(view.state.tr.insert(position, node).scrollIntoView())
  }
}

export const Picture = Image.extend<{ upload: Upload; HTMLAttributes: Record<string, unknown> }>({
  addOptions() {
    return {
      ...this.parent?.(),
      HTMLAttributes: {},
      upload: () => Promise.reject(new Error('pictures cannot be uploaded here')),
    } as never
  },

  addAttributes() {
    return {
      src: {
        default: '',
        parseHTML: (element) => {
          const src = element.getAttribute('src') ?? ''
          return src.startsWith('/api/v1/documents/') || src.startsWith('https://') ? src : ''
        },
      },
      alt: { default: '' },
      title: { default: '' },
      width: { default: null, parseHTML: (element) => Number(element.getAttribute('width')) || null },
      height: { default: null, parseHTML: (element) => Number(element.getAttribute('height')) || null },
      align: {
        default: 'center',
        parseHTML: (element) => element.dataset.align ?? 'center',
        renderHTML: ({ align }) => ({ 'data-align': align }),
      },
    }
  },

  addProseMirrorPlugins() {
    const { upload } = this.options
    return [
      new Plugin({
        props: {
          handlePaste: (view, event) => {
            const files = pictures(event.clipboardData?.files)
            if (files.length === 0 || event.clipboardData?.types.includes('text/html')) return false
            void insert(view, files, upload)
            return true
          },
          handleDrop: (view, event) => {
            const files = pictures(event.dataTransfer?.files)
            if (files.length === 0) return false
            event.preventDefault()
            void insert(view, files, upload, view.posAtCoords({ left: event.clientX, top: event.clientY })?.pos)
            return true
          },
        },
      }),
    ]
  },
})
