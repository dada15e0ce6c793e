import type { Editor } from '@tiptap/core'
import { useEffect, useRef, useState } from 'react'

/** A heading this far below the upper edge has been reached, in pixels. */
const REACHED = 120

/**
 * The number of the heading whose section is read, -1 above the first: that of the caret where it is in sight, else
 * that at the upper edge.
 */
export function useCurrentSection(editor: Editor, headings: readonly { position: number }[]): number {
  const [current, setCurrent] = useState(-1)
  const scrolled = useRef<Element>(null)
  useEffect(() => {
    const last = (reached: (heading: { position: number }) => boolean) => setCurrent(headings.findLastIndex(reached))
    let drawn = 0
    const find = () => {
      const { head } = editor.state.selection
      const { top = 0, bottom = 0 } = scrolled.current?.getBoundingClientRect() ?? {}
      const caret = scrolled.current && editor.view.coordsAtPos(head)
      if (!scrolled.current || !caret || (caret.bottom > top && caret.top < bottom))
        return last(({ position }) => position < head)
      const { scrollTop, clientHeight, scrollHeight } = scrolled.current
      const { left, width, bottom: end } = editor.view.dom.getBoundingClientRect()
      // What stands on the last screen never comes up to the upper edge.
      const edge = scrollTop + clientHeight >= scrollHeight - 2 ? Math.min(bottom, end) - 1 : top + REACHED
      const reached = editor.view.posAtCoords({ left: left + width / 2, top: edge })?.pos ?? 0
      last(({ position }) => position < reached)
    }
    const onMove = () => {
      scrolled.current = null
      find()
    }
    const onScroll = ({ target }: Event) => {
      if (!(target instanceof Element) || !target.contains(editor.view.dom)) return
      scrolled.current = target
      cancelAnimationFrame(drawn)
      drawn = requestAnimationFrame(find)
    }
    find()
    editor.on('selectionUpdate', onMove)
    window.addEventListener('scroll', onScroll, { capture: true, passive: true })
    return () => {
      cancelAnimationFrame(drawn)
      editor.off('selectionUpdate', onMove)
      window.removeEventListener('scroll', onScroll, { capture: true })
    }
  }, [editor, headings])
  return current
}
