/** Pictures: uploaded as attachments and referred to by address; never base64 in the document. */
import Image from '@tiptap/extension-image'
import { Plugin } from '@tiptap/pm/state'
import type { Address } from './address'
import { step } from './resize'
import { addPictures, pictureFiles, type Upload } from './upload'
import { PictureView } from './view'

const size = (name: 'width' | 'height') => ({
  default: null,
  parseHTML: (element: HTMLElement) => Number(element.getAttribute(name)) || null,
})

interface Options {
  upload: Upload
  address: Address
  HTMLAttributes: Record<string, unknown>
}

export const Picture = Image.extend<Options>({
  addOptions() {
    return {
      ...this.parent?.(),
      HTMLAttributes: {},
      upload: () => Promise.reject(new Error('pictures cannot be uploaded here')),
      address: (src: string) => src,
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
    const { address } = this.options
    return ({ node, view, getPos }) => new PictureView(node, view, getPos, address)
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
    const { upload } = this.options
    return [
      new Plugin({
        props: {
          handlePaste: (view, event) => {
            const files = pictureFiles(event.clipboardData?.files)
            if (files.length === 0 || event.clipboardData?.types.includes('text/html')) return false
            addPictures(view, files, upload)
            return true
          },
          handleDrop: (view, event) => {
            const files = pictureFiles(event.dataTransfer?.files)
            if (files.length === 0 || event.dataTransfer?.types.includes('text/html')) return false
            event.preventDefault()
            const place = view.posAtCoords({ left: event.clientX, top: event.clientY })
            addPictures(view, files, upload, place?.pos)
            return true
          },
        },
      }),
    ]
  },
})
