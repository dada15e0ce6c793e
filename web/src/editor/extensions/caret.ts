/**
 * Other people's carets and selections: named, coloured, without width, so that text does not move. A name shows while
 * its caret moves and for three seconds after (caret.css); a person who does nothing for a minute fades.
 */
import { Extension } from '@tiptap/core'
import { isChangeOrigin } from '@tiptap/extension-collaboration'
import type { ResolvedPos } from '@tiptap/pm/model'
import { Plugin, PluginKey, TextSelection, type EditorState, type Transaction } from '@tiptap/pm/state'
import { Decoration, DecorationSet, type EditorView } from '@tiptap/pm/view'
import {
  absolutePositionToRelativePosition,
  relativePositionToAbsolutePosition,
  type ProsemirrorBinding,
} from '@tiptap/y-tiptap'
import type { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { colorOf, isIdle, nameOf, userOf, type User } from '../../presence/people'
import { bindingOf } from '../binding'
import { readPending } from './pending'

/** So many people are a crowd. */
const CROWD = 6
const CROWD_PAUSE_MS = 100
/** Carets that are drawn; of more, those of members before guests, and of who does something before who rests. */
const MOST = 64

interface Cursor {
  anchor: unknown
  head: unknown
}

interface State {
  cursor?: Cursor | null
}

interface Drawn {
  decorations: DecorationSet
  /** The count of the changes of presence that this drawing knows of. */
  seen: number
}

const key = new PluginKey<Drawn>('carets')

export const Carets = Extension.create<{ awareness: Awareness }>({
  name: 'carets',
  // After the binding, so that positions are those of the shared text.
  priority: 999,
  addProseMirrorPlugins() {
    return [plugin(this.options.awareness)]
  },
})

function plugin(awareness: Awareness): Plugin<Drawn> {
  let changes = 0

  const draw = (state: EditorState): Drawn => {
    const binding = bindingOf(state)
    const decorations: Decoration[] = []
    for (const [client, raw] of foremost(awareness)) {
      const { cursor } = raw as State
      const user = userOf(raw)
      const idle = isIdle(raw)
      if (!cursor || !binding) continue
      const anchor = place(binding, cursor.anchor, state)
      const head = place(binding, cursor.head, state)
      if (anchor === null || head === null) continue
      // Another key draws another element: a caret that moved shows its name again.
      const alone = state.doc.resolve(head).parent.content.size === 0
      const identity = JSON.stringify([client, cursor.head, idle, user.name, user.guest, alone])
      decorations.push(Decoration.widget(head, () => caret(client, user, idle, alone), { key: identity, side: 10 }))
      if (anchor !== head) {
        const attributes = { class: 'caret-selection', style: `background-color: ${colorOf(user)}33`, nodeName: 'span' }
        decorations.push(Decoration.inline(Math.min(anchor, head), Math.max(anchor, head), attributes))
      }
    }
    return { decorations: DecorationSet.create(state.doc, decorations), seen: changes }
  }

  return new Plugin<Drawn>({
    key,
    state: {
      init: (_, state) => draw(state),
      apply: (tr, drawn, _, state) => {
        if (tr.getMeta(key) || isChangeOrigin(tr)) return draw(state)
        if (!tr.docChanged) return drawn
        const decorations = drawn.decorations.map(tr.mapping, tr.doc)
        return { decorations, seen: beside(drawn.decorations, tr) ? -1 : drawn.seen }
      },
    },
    props: {
      decorations: (state) => key.getState(state)?.decorations,
      handleDOMEvents: { dblclick: selectParted },
    },
    view: (view) => {
      let frame = 0
      let timer: ReturnType<typeof setTimeout> | undefined
      const redraw = () => {
        frame = 0
        timer = undefined
        if (view.isDestroyed || view.composing || key.getState(view.state)?.seen === changes) return
        readPending(view)
        view.dispatch(view.state.tr.setMeta(key, true).setMeta('addToHistory', false))
      }
      const later = () => {
        // A crowd is drawn less often: with their letters the carets are drawn anyway.
        if (awareness.getStates().size > CROWD) timer ??= setTimeout(redraw, CROWD_PAUSE_MS)
        else frame ||= requestAnimationFrame(redraw)
      }
      const onChange = ({ added, updated, removed }: Record<'added' | 'updated' | 'removed', number[]>) => {
        if ([...added, ...updated, ...removed].every((client) => client === awareness.clientID)) return
        changes += 1
        later()
      }
      const onFocus = () => publish(view, awareness)
      awareness.on('change', onChange)
      view.dom.addEventListener('focusin', onFocus)
      return {
        update: () => {
          publish(view, awareness)
          if (key.getState(view.state)?.seen !== changes) later()
        },
        destroy: () => {
          cancelAnimationFrame(frame)
          clearTimeout(timer)
          awareness.off('change', onChange)
          view.dom.removeEventListener('focusin', onFocus)
          awareness.setLocalStateField('cursor', null)
        },
      }
    },
  })
}

/** Selects the word that was clicked twice where somebody's caret parts it: the browser has taken one half of it. */
function selectParted(view: EditorView, { clientX: left, clientY: top, shiftKey }: MouseEvent): void {
  readPending(view)
  const at = view.posAtCoords({ left, top })
  const word = at && wordAt(view.state.doc.resolve(at.pos))
  const carets = key.getState(view.state)?.decorations
  if (shiftKey || !word || !carets?.find(word.from + 1, word.to - 1).length) return
  view.dispatch(view.state.tr.setSelection(TextSelection.create(view.state.doc, word.from, word.to)))
}

/** The word around a position, or beside it. */
function wordAt($position: ResolvedPos): { from: number; to: number } | null {
  const { parent, parentOffset } = $position
  if (!parent.isTextblock) return null
  const start = $position.start()
  const text = parent.textBetween(0, parent.content.size, undefined, '\ufffc')
  for (const { segment, index, isWordLike } of new Intl.Segmenter(undefined, { granularity: 'word' }).segment(text)) {
    const end = index + segment.length
    if (isWordLike && index <= parentOffset && parentOffset <= end) return { from: start + index, to: start + end }
  }
  return null
}

/** The states of others whose carets are drawn. */
export function foremost(awareness: Awareness): [number, unknown][] {
  const others = [...awareness.getStates()].filter(
    ([client, state]) => client !== awareness.clientID && (state as State).cursor,
  )
  if (others.length <= MOST) return others
  const rank = ([client, state]: [number, unknown]): number => {
    const heard = awareness.meta.get(client)?.lastUpdated ?? 0
    return (2 * Number(userOf(state).guest) + Number(isIdle(state))) * 1e15 - heard
  }
  return others
    .map((other) => ({ other, rank: rank(other) }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MOST)
    .map(({ other }) => other)
}

/** Tells others where this person writes, when that has changed. */
function publish(view: EditorView, awareness: Awareness): void {
  const binding = bindingOf(view.state)
  if (!binding || !view.hasFocus()) return
  const { anchor, head } = view.state.selection
  const cursor: Cursor = {
    anchor: absolutePositionToRelativePosition(anchor, binding.type, binding.mapping),
    head: absolutePositionToRelativePosition(head, binding.type, binding.mapping),
  }
  const known = (awareness.getLocalState() as State | null)?.cursor
  if (known && same(known.anchor, cursor.anchor) && same(known.head, cursor.head)) return
  awareness.setLocalStateField('cursor', cursor)
}

function same(a: unknown, b: unknown): boolean {
  return Y.compareRelativePositions(Y.createRelativePositionFromJSON(a), Y.createRelativePositionFromJSON(b))
}

/** Anybody can say anything of their caret, and Yjs throws at what is no position: then there is none to show. */
function place(binding: ProsemirrorBinding, position: unknown, state: EditorState): number | null {
  let found: number | null = null
  try {
    const relative = Y.createRelativePositionFromJSON(position)
    found = relativePositionToAbsolutePosition(binding.doc, binding.type, relative, binding.mapping)
  } catch {
    return null
  }
  if (found === null || !Number.isInteger(found) || found < 0) return null
  return Math.min(found, Math.max(0, state.doc.content.size - 1))
}

/** Whether a local edit stands right at a caret: which side of it the caret belongs to, only its character knows. */
function beside(decorations: DecorationSet, tr: Transaction): boolean {
  let found = tr.mapping.maps.length > 1 && decorations !== DecorationSet.empty
  tr.mapping.maps[0]?.forEach((from, to) => {
    found ||= decorations.find(from, to).length > 0
  })
  return found
}

/** `alone`: in a block without content, which styles cannot tell from one with words before the caret. */
function caret(client: number, user: User, idle: boolean, alone: boolean): HTMLElement {
  const cursor = document.createElement('span')
  cursor.className = 'caret'
  cursor.dataset.client = String(client)
  cursor.dataset.idle = String(idle)
  if (alone) cursor.dataset.alone = ''
  cursor.setAttribute('aria-hidden', 'true')
  cursor.style.setProperty('--caret', colorOf(user))
  const label = document.createElement('span')
  label.className = 'caret-label'
  // A direction of its own: with `dir=auto` a paragraph would else take the name for its first words.
  // Drawn by the stylesheet: letters of the page would part the word for its keys.
  label.dataset.name = nameOf(user, 40)
  cursor.append(label)
  return cursor
}
