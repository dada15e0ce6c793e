/** One browser without a screen: the app's own editor over a shared document, fed with updates by hand. */
import { Editor } from '@tiptap/core'
import { initProseMirrorDoc } from '@tiptap/y-tiptap'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { extensions } from '../../src/editor/extensions'
import { CORE_EXTENSIONS } from '../../src/editor/extensions/keys'
import { asStored } from '../../src/editor/picture/address'
import schema from '../../src/editor/schema/schema.json'
import type { DocumentSession } from '../../src/sync'
import { takeUpdate } from '../../src/sync/connection/updates'
import { rescueWords } from '../../src/editor/rescue'

export class Replica {
  readonly doc = new Y.Doc()
  readonly editor: Editor
  readonly fragment = this.doc.getXmlFragment(schema.fragment)
  private sent: Uint8Array[] = []

  constructor(client: number, base: Uint8Array) {
    this.doc.clientID = client
    Y.applyUpdate(this.doc, base)
    const session = {
      doc: this.doc,
      fragment: this.fragment,
      awareness: new Awareness(this.doc),
      pictures: { keep: async () => undefined, all: async () => [], forget: async () => undefined },
      me: { id: String(client), name: `Person ${client}`, color: '#2f5d50' },
    }
    this.editor = new Editor({
      element: document.createElement('div'),
      enableCoreExtensions: CORE_EXTENSIONS,
      extensions: extensions(session as unknown as DocumentSession, {
        placeholder: '',
        upload: () => Promise.reject(new Error('no server here')),
        addresses: asStored,
        onFault: (fault) => {
          throw fault
        },
        onTooMuch: () => undefined,
        paste: {
          own: '',
          fetched: () => Promise.reject(new Error('none')),
          onLarge: (work) => work(),
          describe: (kind, name) => `${kind} ${name}`,
        },
      }),
    })
    rescueWords(this.doc, (origin) => origin === this)
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== this) this.sent.push(update)
    })
  }

  receive(updates: Uint8Array[]): void {
    for (const update of updates) takeUpdate(this.doc, update, this)
  }

  /** What this replica wrote since it was asked last. */
  outgoing(): Uint8Array[] {
    return this.sent.splice(0)
  }

  /** Ends the editor, and with the document the timer of its awareness: thousands are opened in one process. */
  close(): void {
    this.editor.destroy()
    this.doc.destroy()
  }

  /** Throws if what the person sees, or what the shared document holds, breaks the schema. */
  check(): void {
    this.editor.state.doc.check()
    // Yjs writes this in place of each half of an emoji that somebody parted.
    if (this.editor.state.doc.textContent.includes('\ufffd')) throw new Error('an emoji was parted')
  }

  /** The shared document as a newly opened editor would show it. */
  stored(): object {
    const copy = new Y.Doc()
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(this.doc))
    const before = Y.encodeStateAsUpdate(copy)
    const opened = initProseMirrorDoc(copy.getXmlFragment(schema.fragment), this.editor.schema).doc
    // Two people may delete all blocks together; the editor shows an empty one then.
    const doc = opened.childCount > 0 ? opened : opened.type.createAndFill()
    doc?.check()
    if (Y.encodeStateAsUpdate(copy).length !== before.length) throw new Error('opening the document changed it')
    return doc?.toJSON() as object
  }
}

/** Each gets what the other wrote since it was asked last. */
export function exchange(one: Replica, other: Replica): void {
  const [mine, theirs] = [one.outgoing(), other.outgoing()]
  one.receive(theirs)
  other.receive(mine)
}
