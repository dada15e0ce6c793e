/**
 * Pictures on their way to the server: in the document at once, filled in when their attachment exists. Until then
 * their files are kept on this device: what a closed tab did not send, the next opening of the document does.
 */
import { Fragment, Slice } from '@tiptap/pm/model'
import { NodeSelection } from '@tiptap/pm/state'
import { dropPoint } from '@tiptap/pm/transform'
import type { EditorView } from '@tiptap/pm/view'
import type { Awareness } from 'y-protocols/awareness'
import { isAway } from '../../api/client'
import { newId } from '../ids'
import { caretBehind, insertBlocks } from '../insert'
import type { PastedPicture } from '../paste/pictures'

/** Brings a file to the server; gives its address. */
export type Upload = (file: File) => Promise<string>

/** The files of pictures that the server does not have, by the id of their block. */
interface UnsentPictures {
  keep: (id: string, file: File) => Promise<void>
  all: () => Promise<[string, File][]>
  forget: (id: string) => Promise<void>
}

export function pictureFiles(files: Iterable<File> | null | undefined): File[] {
  return [...(files ?? [])].filter((file) => file.type.startsWith('image/'))
}

export class Uploads {
  /** What this device sends, and shows meanwhile as soon as it has read the file. */
  private readonly sending = new Map<string, string>()
  private readonly watchers = new Set<() => void>()
  /** The page goes, and what it sends breaks off: that is no refusal. */
  private leaving = false

  constructor(
    private readonly upload: Upload,
    private readonly unsent: UnsentPictures,
    /** Tells others what is on its way from here. */
    private readonly awareness: Awareness,
  ) {}

  /** What this device shows of a picture that is not on the server yet. */
  preview(id: unknown): string {
    return this.sending.get(String(id)) ?? ''
  }

  /** Whether somebody who is here sends the picture of a block. */
  isUnderway(id: unknown): boolean {
    if (this.sending.has(String(id))) return true
    return [...this.awareness.getStates().values()].some(
      ({ uploads }) => Array.isArray(uploads) && uploads.includes(String(id)),
    )
  }

  /** Calls `draw` when there may be something else to show; returns the stop function. */
  watch(draw: () => void): () => void {
    this.watchers.add(draw)
    this.awareness.on('change', draw)
    return () => {
      this.watchers.delete(draw)
      this.awareness.off('change', draw)
    }
  }

  /** Puts files into the text as pictures: at a position, or in the place of the selection. */
  add(view: EditorView, files: File[], at?: number): void {
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
    this.fill(view, held)
  }

  /** Uploads pictures whose empty blocks are in the document. If an upload fails, the block goes away again. */
  fill(view: EditorView, pictures: PastedPicture[]): void {
    for (const picture of pictures) if (find(view, picture.id) !== null) void this.send(view, picture)
  }

  /** Goes on with what an earlier opening of the document did not send. */
  async resume(view: EditorView): Promise<void> {
    for (const [id, file] of await this.unsent.all()) {
      if (view.isDestroyed || !view.editable || this.isUnderway(id)) continue
      if (find(view, id) === null) void this.unsent.forget(id)
      else void this.send(view, { id, file: () => Promise.resolve(file) }, true)
    }
  }

  /** `again`: it waited here already, and waits on while no server is reached. */
  private async send(view: EditorView, { id, file: read }: PastedPicture, again = false): Promise<void> {
    const settle = (change: (position: number) => void) => {
      if (view.isDestroyed || this.leaving) return
      const position = find(view, id)
      // Taken out meanwhile, it may come back by a redo: the next opening looks whether it has.
      if (position === null) return
      change(position)
      void this.unsent.forget(id)
    }
    this.begin(id)
    try {
      const file = await read()
      this.show(id, URL.createObjectURL(file))
      void this.unsent.keep(id, file)
      const src = await this.upload(file)
      // Not a step of its own: undoing takes the picture out, it does not empty it.
      settle((position) =>
        view.dispatch(view.state.tr.setNodeAttribute(position, 'src', src).setMeta('addToHistory', false)),
      )
    } catch (error) {
      if (again && isAway(error)) return
      settle((position) => view.dispatch(view.state.tr.delete(position, position + 1).setMeta('addToHistory', false)))
    } finally {
      this.end(id)
    }
  }

  private begin(id: string): void {
    if (this.sending.size === 0) {
      window.addEventListener('beforeunload', warn)
      window.addEventListener('pagehide', this.onHide)
    }
    this.show(id, '')
    this.announce()
  }

  private show(id: string, address: string): void {
    this.sending.set(id, address)
    for (const draw of this.watchers) draw()
  }

  private end(id: string): void {
    URL.revokeObjectURL(this.preview(id))
    this.sending.delete(id)
    if (this.sending.size === 0) {
      window.removeEventListener('beforeunload', warn)
      window.removeEventListener('pagehide', this.onHide)
    }
    this.announce()
  }

  private readonly onHide = (): void => {
    this.leaving = true
  }

  private announce(): void {
    this.awareness.setLocalStateField('uploads', [...this.sending.keys()])
  }
}

/** Others would not see the picture until this document is opened here again. */
function warn(event: BeforeUnloadEvent): void {
  event.preventDefault()
}

function find(view: EditorView, id: string): number | null {
  let found: number | null = null
  view.state.doc.descendants((node, position) => {
    if (node.type.name === 'image' && node.attrs.id === id && node.attrs.src === '') found = position
    return found === null
  })
  return found
}
