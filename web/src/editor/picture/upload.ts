/** Pictures on their way to the server: in the document at once, filled in when their attachment exists. */
import { Fragment, Slice } from '@tiptap/pm/model'
import { NodeSelection } from '@tiptap/pm/state'
import { dropPoint } from '@tiptap/pm/transform'
import type { EditorView } from '@tiptap/pm/view'
import { newId } from '../ids'
import { caretBehind, insertBlocks } from '../insert'
import type { PastedPicture } from '../paste/pictures'
import { forget, show } from './previews'

export type Upload = (file: File) => Promise<string>

export function pictureFiles(files: Iterable<File> | null | undefined): File[] {
  return [...(files ?? [])].filter((file) => file.type.startsWith('image/'))
}

function find(view: EditorView, id: string): number | null {
  let found: number | null = null
  view.state.doc.descendants((node, position) => {
    if (node.type.name === 'image' && node.attrs.id === id && node.attrs.src === '') found = position
    return found === null
  })
  return found
}

/** Uploads a picture whose empty block is in the document. If the upload fails, the block goes away again. */
export async function fill(view: EditorView, picture: PastedPicture, upload: Upload): Promise<void> {
  if (find(view, picture.id) === null) return
  const settle = (change: (position: number) => void) => {
    const position = view.isDestroyed ? null : find(view, picture.id)
    if (position !== null) change(position)
  }
  try {
    const file = await picture.file()
    show(picture.id, file)
    const src = await upload(file)
    // Not a step of its own: undoing takes the picture out, it does not empty it.
    settle((position) =>
      view.dispatch(view.state.tr.setNodeAttribute(position, 'src', src).setMeta('addToHistory', false)),
    )
  } catch {
    settle((position) => view.dispatch(view.state.tr.delete(position, position + 1).setMeta('addToHistory', false)))
  } finally {
    forget(picture.id)
  }
}

/** Puts files into the text as pictures: at a position, or in the place of the selection. */
export function addPictures(view: EditorView, files: File[], upload: Upload, at?: number): void {
  const type = view.state.schema.nodes.image
  if (!type || files.length === 0) return
  const held = files.map((file) => ({ id: newId(), file: () => Promise.resolve(file) }))
  const nodes = held.map(({ id }, index) =>
    type.create({ id, src: '', alt: files[index]?.name.replace(/\.\w+$/, '') ?? '' }),
  )
  const slice = new Slice(Fragment.from(nodes), 0, 0)
  const { tr } = view.state
  if (at !== undefined) {
    const point = dropPoint(tr.doc, Math.min(at, tr.doc.content.size), slice) ?? tr.doc.content.size
    tr.replaceRange(point, point, slice)
    caretBehind(tr, tr.mapping.map(point))
  } else if (tr.selection instanceof NodeSelection || !insertBlocks(tr, nodes)) tr.replaceSelection(slice)
  view.dispatch(tr.scrollIntoView())
  for (const picture of held) void fill(view, picture, upload)
}
