/** Every extension of the editor. */
import { Placeholder, Selection } from '@tiptap/extensions'
import Collaboration from '@tiptap/extension-collaboration'
import FindAndReplace from '@tiptap/extension-find-and-replace'
import type { Extensions } from '@tiptap/core'
import type { DocumentSession } from '../../sync'
import { Autolink } from './autolink'
import { BesideBlocks } from './besideBlocks'
import { Carets } from './caret'
import { ClearFormatting } from './clearFormatting'
import { ConvertBlocks } from './convertBlocks'
import { DocumentEnds } from './documentEnds'
import { Dragging } from './dragging'
import { FollowWords } from './followWords'
import { EmojiNames } from '../emoji/emojiNames'
import { LargeInsert } from './largeInsert'
import { SlashMenu } from '../suggest/slashMenu'
import { CleanPaste, type PasteOptions } from '../paste/cleanPaste'
import { RESCUED } from '../rescue'
import type { Addresses } from '../picture/address'
import { Picture } from '../picture/picture'
import { Uploads, type Upload } from '../picture/uploads'
import { Faults } from './faults'
import { Keys } from './keys'
import { ListCommands, Lists } from './lists'
import { MoveBlocks } from './moveBlocks'
import { Pending } from './pending'
import { SizeSteps } from './sizeSteps'
import { SmartQuotes } from './smartQuotes'
import { Steady } from './steady'
import { TabInCells, TabKey } from './tabKey'
import { UndoSteps } from '../undo'
import { Windowing } from '../windowing/windowing'
import { schemaExtensions } from './schemaExtensions'

export { schemaExtensions }

export function extensions(
  session: DocumentSession,
  options: {
    placeholder: string
    upload: Upload
    addresses: Addresses
    paste: Pick<PasteOptions, 'own' | 'fetched' | 'describe' | 'onLarge'>
    onFault: (fault: unknown) => void
    onTooMuch: () => void
  },
): Extensions {
  const uploads = new Uploads(options.upload, session.pictures, session.awareness)
  return [
    Keys,
    ...schemaExtensions().map((extension) =>
      extension.name === 'image' ? Picture.configure({ uploads, addresses: options.addresses }) : extension,
    ),
    CleanPaste.configure({
      ...options.paste,
      onTooMuch: options.onTooMuch,
      onPictures: (view, held) => uploads.fill(view, held),
    }),
    Dragging,
    LargeInsert.configure({ onRefused: options.onTooMuch }),
    Placeholder.configure({ placeholder: options.placeholder }),
    FindAndReplace.configure({ searchDebounceMs: 120, injectCSS: false }),
    BesideBlocks,
    TabKey,
    TabInCells,
    Autolink,
    SmartQuotes,
    DocumentEnds,
    SlashMenu,
    EmojiNames,
    ClearFormatting,
    ConvertBlocks,
    Lists,
    ListCommands,
    MoveBlocks,
    SizeSteps,
    Selection.configure({ className: 'kept-selection' }),
    Collaboration.extend({
      // Also with nothing left to undo or redo: else a redo would be taken for the undo on the same key.
      addKeyboardShortcuts() {
        const turn = (way: 'undo' | 'redo') => () => {
          this.editor.commands[way]()
          return true
        }
        return { 'Mod-z': turn('undo'), 'Mod-y': turn('redo'), 'Shift-Mod-z': turn('redo') }
      },
    }).configure({ fragment: session.fragment, yUndoOptions: { trackedOrigins: [RESCUED] } }),
    UndoSteps,
    Carets.configure({ awareness: session.awareness }),
    Pending,
    FollowWords,
    Steady,
    Windowing,
    Faults.configure({ onFault: options.onFault }),
  ]
}
