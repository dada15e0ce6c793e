/** What one undo takes back: a few words, what was erased in one go, or one change of another kind. */
import { Extension, type Command, type Editor } from '@tiptap/core'
import { isChangeOrigin } from '@tiptap/extension-collaboration'
import { Mark, type Node, type Slice } from '@tiptap/pm/model'
import { Plugin, type EditorState, type Transaction } from '@tiptap/pm/state'
import { ReplaceStep } from '@tiptap/pm/transform'
import { getRelativeSelection, yUndoPluginKey } from '@tiptap/y-tiptap'
import { mergeDeleteSets, type UndoManager } from 'yjs'
import { bindingOf, isUndoOrRedo } from './binding'
import { keepOthersWords } from './rescue'

/** After so many characters, or so long a time, of typing, the next word is a step of its own. */
const LONG_ENOUGH = 20
const LATE_ENOUGH_MS = 3000
const CORRECTING = 'correcting'
const HELD = 'held'

/** Typing or erasing that the next key may go on with. */
interface Run {
  kind: 'type' | 'erase'
  /** Where it goes on. */
  at: number
  since: number
  characters: number
  /** The last thing in it is a correction, which undo still takes back alone. */
  corrected?: boolean
}

type Held = ReturnType<typeof getRelativeSelection>

interface StepStorage {
  run: Run | null
  /** What is selected while a change is made. */
  held: Held | null
  /** The changes of one command are one step. */
  together: boolean
  /** An input method began to compose, and nothing has changed since. */
  begun: boolean
}

declare module '@tiptap/core' {
  interface Storage {
    undoSteps: StepStorage
  }
}

/** The undo manager joins whatever follows within half a second: here it learns where a step ends. */
export const UndoSteps = Extension.create<object, StepStorage>({
  name: 'undoSteps',
  addStorage: () => ({ run: null, held: null, together: false, begun: false }),
  addProseMirrorPlugins() {
    const begun = (now: boolean) => () => {
      this.storage.begun = now
      return false
    }
    return [
      new Plugin({
        props: { handleDOMEvents: { compositionstart: begun(true), compositionend: begun(false) } },
        view: ({ state }) => {
          const history = historyOf(state)
          if (history) keepOthersWords(history)
          history?.on('stack-item-added', ({ stackItem }) => stackItem.meta.set(HELD, this.storage.held))
          return {}
        },
      }),
    ]
  },
  addCommands() {
    const turn =
      (way: 'undo' | 'redo'): Command =>
      ({ tr, state, dispatch, editor }) => {
        tr.setMeta('preventDispatch', true)
        const history = historyOf(state)
        const left = () => history?.[`${way}Stack`].length ?? 0
        if (left() === 0) return false
        if (!dispatch) return true
        // A step may have nothing to show any more: what it made holds others' words now, or others took it away.
        let before: Node
        do {
          before = editor.state.doc
          turnOnce(editor, way)
        } while (left() > 0 && looksLike(editor.state.doc, before))
        return true
      }
    return { undo: () => turn('undo'), redo: () => turn('redo') }
  },
  dispatchTransaction({ transaction, next }) {
    const { storage, editor } = this
    if (!transaction.docChanged) return next(transaction)
    if (isChangeOrigin(transaction) || transaction.getMeta('addToHistory') === false) {
      // Others write, too: the caret knows where the place is now.
      const place = storage.run?.at === editor.state.selection.head ? storage.run : null
      next(transaction)
      storage.run = place && !isUndoOrRedo(transaction) ? { ...place, at: editor.state.selection.head } : null
      return
    }
    const typed = runOf(transaction, editor.state)
    // What was selected makes room for the words that are composed in its place.
    const makesRoom = storage.begun && !typed
    const run = makesRoom ? roomOf(transaction) : typed
    storage.begun = false
    const before = makesRoom ? null : storage.run
    if (transaction.getMeta(CORRECTING) && before && run) {
      storage.run = { ...before, at: run.at, corrected: true }
      endStep(editor.state)
    } else if (before && run && goesOn(before, run, transaction, editor)) {
      if (before.corrected) joinSteps(editor.state)
      storage.run = { ...before, at: run.at, characters: before.characters + run.characters, corrected: false }
    } else {
      storage.run = run
      if (!storage.together) endStep(editor.state)
    }
    storage.held = heldIn(editor.state)
    next(transaction)
    storage.held = null
  },
})

function heldIn(state: EditorState): Held | null {
  const binding = bindingOf(state)
  return binding ? getRelativeSelection(binding, state) : null
}

/**
 * Undoes or redoes one step, and selects what was selected when it was made. The binding knows that of another moment,
 * and remembers it when all is drawn: where a block is replaced, the caret went to the end of the document.
 */
function turnOnce({ state, storage }: Editor, way: 'undo' | 'redo'): void {
  const [history, binding, now] = [historyOf(state), bindingOf(state), heldIn(state)]
  const held = history?.[`${way}Stack`].at(-1)?.meta.get(HELD) as Held | null | undefined
  storage.undoSteps.held = now
  if (binding && now && held) {
    // Where others have deleted that place, the caret stays where it is.
    const { absAnchor, absHead } = now
    binding.beforeTransactionSelection = { ...held, absAnchor, absHead }
  }
  history?.[way]()
  storage.undoSteps.held = null
  // What it remembers now would be taken for the caret at the next change of somebody else.
  if (binding) Object.assign(binding, { beforeTransactionSelection: null })
}

/** Makes several changes that one undo takes back. */
export function inOneStep(editor: Editor, change: () => void): void {
  const storage = editor.storage.undoSteps
  const history = historyOf(editor.state)
  const pause = history?.captureTimeout
  endStep(editor.state)
  storage.together = true
  // However long it takes.
  if (history) history.captureTimeout = Infinity
  try {
    change()
  } finally {
    if (history && pause !== undefined) history.captureTimeout = pause
    storage.together = false
    storage.run = null
  }
}

/** Marks a change as a correction of what was just typed: undo right after gives back what was typed. */
export function correcting(tr: Transaction): Transaction {
  return tr.setMeta(CORRECTING, true)
}

/** Whether both show the same: the names of blocks are not seen. */
function looksLike(one: Node, other: Node): boolean {
  if (one === other) return true
  if (one.type !== other.type || one.text !== other.text || one.childCount !== other.childCount) return false
  const names = Object.keys(one.attrs).filter((name) => name !== 'id')
  if (names.some((name) => JSON.stringify(one.attrs[name]) !== JSON.stringify(other.attrs[name]))) return false
  return (
    Mark.sameSet(one.marks, other.marks) && one.children.every((child, index) => looksLike(child, other.child(index)))
  )
}

function historyOf(state: EditorState): UndoManager | undefined {
  return (yUndoPluginKey.getState(state) as { undoManager: UndoManager } | undefined)?.undoManager
}

/** Makes one step of the last two. */
function joinSteps(state: EditorState): void {
  const steps = historyOf(state)?.undoStack ?? []
  const last = steps.at(-1)
  const before = steps.at(-2)
  if (!last || !before) return
  before.insertions = mergeDeleteSets([before.insertions, last.insertions])
  before.deletions = mergeDeleteSets([before.deletions, last.deletions])
  steps.pop()
}

function endStep(state: EditorState): void {
  historyOf(state)?.stopCapturing()
}

/** What a transaction types or erases at one place; null if it is a change of another kind. */
function runOf(tr: Transaction, before: EditorState): Run | null {
  const [step] = tr.steps
  // What is pasted, dropped or cut is no word that somebody types.
  if (tr.steps.length !== 1 || !(step instanceof ReplaceStep) || tr.getMeta('uiEvent')) return null
  const { from, to, slice } = step
  const run = { at: from + slice.size, since: Date.now(), characters: slice.size }
  if (isText(slice))
    return before.doc.resolve(from).sameParent(before.doc.resolve(to)) ? { ...run, kind: 'type' } : null
  return slice.size === 0 && before.selection.empty ? { ...run, kind: 'erase' } : null
}

/** Typing that goes on where a transaction leaves the caret. */
function roomOf({ selection }: Transaction): Run {
  return { kind: 'type', at: selection.head, since: Date.now(), characters: 0 }
}

function isText({ content, openStart, openEnd }: Slice): boolean {
  return content.childCount > 0 && openStart === 0 && openEnd === 0 && content.content.every((node) => node.isText)
}

function goesOn(run: Run, next: Run, tr: Transaction, { state, view }: Editor): boolean {
  const { from, to } = tr.steps[0] as ReplaceStep
  if (run.kind !== next.kind || run.at < from || run.at > to) return false
  if (next.kind === 'erase') return true
  // A word that is being composed is written again and again.
  if (from !== to) return view.composing
  const typed = tr.doc.textBetween(from, next.at)
  if (typed.includes('\n')) return false
  const enough = run.characters >= LONG_ENOUGH || next.since - run.since >= LATE_ENOUGH_MS
  return !enough || !startsWord(state.doc.resolve(from).nodeBefore?.text ?? '', typed)
}

function startsWord(before: string, typed: string): boolean {
  return !/[^\s\p{P}]['’]?$/u.test(before) && /^[^\s\p{P}]/u.test(typed)
}
