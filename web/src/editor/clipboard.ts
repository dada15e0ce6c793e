/** Cut, copy and paste from a menu. */
import type { Editor } from '@tiptap/core'
import { addPicturesOf } from './picture/pick'

/** What the keys do: the editor puts the selection on the clipboard as it always does. */
export function cutOrCopy(editor: Editor, command: 'cut' | 'copy'): boolean {
  editor.view.focus()
  return document.execCommand(command)
}

/** Pastes what the browser gives. Throws where it gives nothing: without leave, and on pages without HTTPS. */
export async function pasteFromClipboard(editor: Editor): Promise<void> {
  const [item] = await navigator.clipboard.read()
  const picture = item?.types.find((type) => type.startsWith('image/'))
  const read = async (type: string) => (item?.types.includes(type) ? (await item.getType(type)).text() : '')
  const [html, plain] = [await read('text/html'), await read('text/plain')]
  editor.view.focus()
  if (html) editor.view.pasteHTML(html)
  else if (plain) editor.view.pasteText(plain)
  else if (item && picture) addPicturesOf(editor, [new File([await item.getType(picture)], '', { type: picture })])
}
