/** Selecting, cutting, copying and pasting from a menu. */
import type { Editor } from '@tiptap/core'
import { pasteMarkdown } from './paste/cleanPaste'
import { addPicturesOf } from './picture/pick'

/** What the keys do: the editor puts the selection on the clipboard as it always does. */
export function cutOrCopy(editor: Editor, command: 'cut' | 'copy'): boolean {
  if (editor.isEditable) editor.view.focus()
  return document.execCommand(command)
}

/** Readers select in the page: their editor follows only while it has the focus. */
export function nothingSelected(editor: Editor): boolean {
  if (editor.isEditable) return editor.state.selection.empty
  const selected = getSelection()
  return !selected || selected.isCollapsed || !editor.view.dom.contains(selected.anchorNode)
}

/** Selects the whole document, also one that may only be read. */
export function selectAll(editor: Editor): void {
  if (editor.isEditable) {
    editor.chain().focus().selectAll().run()
    return
  }
  editor.view.dom.focus()
  getSelection()?.selectAllChildren(editor.view.dom)
}

/** Pastes text as what its Markdown says. Throws as `pasteFromClipboard` does. */
export async function pasteMarkdownFromClipboard(editor: Editor): Promise<void> {
  const text = await navigator.clipboard.readText()
  editor.view.focus()
  if (editor.isActive('codeBlock')) editor.view.pasteText(text)
  else if (text) await pasteMarkdown(editor.view, text)
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
