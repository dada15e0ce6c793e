/** Pictures: uploaded as attachments and referred to by address; never base64 in the document. */
import Image from '@tiptap/extension-image'
import { Plugin } from '@tiptap/pm/state'
import { asStored, type Addresses } from './address'
import { step } from './resize'
import { pictureFiles, type Uploads } from './uploads'
import { PictureView } from './view'

const size = (name: 'width' | 'height') => ({
  default: null,
  parseHTML: (element: HTMLElement) => Number(element.getAttribute(name)) || null,
})

interface Options {
  /** None where nobody writes. */
  uploads: Uploads | null
  addresses: Addresses
  HTMLAttributes: Record<string, unknown>
}

export const Picture = Image.extend<Options>({
  addOptions() {
    return {
      ...this.parent?.(),
      HTMLAttributes: {},
      uploads: null,
      addresses: asStored,
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
      width: size('width'),
      height: size('height'),
      align: {
        default: 'center',
        parseHTML: (element) => {
          const align = element.dataset.align ?? ''
          return ['left', 'center', 'right'].includes(align) ? align : 'center'
        },
        renderHTML: ({ align }) => ({ 'data-align': align }),
      },
    }
  },

  addNodeView() {
    const { addresses, uploads } = this.options
    return ({ node, view, getPos }) => new PictureView(node, view, getPos, addresses, uploads)
  },

  onCreate() {
    void this.options.uploads?.resume(this.editor.view)
  },

  onDestroy() {
    this.options.addresses.release()
  },

  // Typing `![…](…)` would refer to a picture that nobody fetched.
  addInputRules: () => [],

  addKeyboardShortcuts() {
    return {
      'Alt-Shift-ArrowUp': () => step(this.editor, 1),
      'Alt-Shift-ArrowDown': () => step(this.editor, -1),
    }
  },

  addProseMirrorPlugins() {
    const { uploads } = this.options
    if (!uploads) return []
    return [
      new Plugin({
        props: {
          handlePaste: (view, event) => {
            const files = pictureFiles(event.clipboardData?.files)
            if (files.length === 0 || event.clipboardData?.types.includes('text/html')) return false
            uploads.add(view, files)
            return true
          },
          handleDrop: (view, event) => {
            const files = pictureFiles(event.dataTransfer?.files)
            if (files.length === 0 || event.dataTransfer?.types.includes('text/html')) return false
            event.preventDefault()
            const place = view.posAtCoords({ left: event.clientX, top: event.clientY })
            uploads.add(view, files, place?.pos)
            return true
          },
        },
      }),
    ]
  },
})
