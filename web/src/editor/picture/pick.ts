import type { Editor } from '@tiptap/core'
import type { Uploads } from './uploads'

/** Asks for picture files of this device and puts them in the place of the selection. */
export function pickPictures(editor: Editor): void {
  const input = document.createElement('input')
  input.type = 'file'
  input.multiple = true
  input.accept = 'image/png,image/jpeg,image/gif,image/webp'
  input.onchange = () => {
    addPicturesOf(editor, [...(input.files ?? [])])
    editor.commands.focus()
  }
  input.click()
}

/** Puts files at a position or into the place of the selection, with the editor's own way to upload them. */
export function addPicturesOf(editor: Editor, files: File[], at?: number): void {
  const picture = editor.extensionManager.extensions.find((extension) => extension.name === 'image')
  const { uploads } = (picture?.options ?? {}) as { uploads?: Uploads | null }
  uploads?.add(editor.view, files, at)
}
