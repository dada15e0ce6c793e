import { BubbleMenu, type BubbleMenuProps } from '@tiptap/react/menus'
import { useRef } from 'react'

/** Tools beside what they change. TipTap makes a stop of Tab of what holds them: one without a name or a use. */
export function Bubble({ options, shouldShow, ...props }: BubbleMenuProps) {
  const holder = useRef<HTMLDivElement>(null)
  const onShow = () => {
    if (holder.current) holder.current.tabIndex = -1
  }
  return (
    <BubbleMenu
      ref={holder}
      options={{ ...options, onShow }}
      // Above the text it would take what is dropped there.
      shouldShow={(shown) => !shown.view.dragging && (shouldShow?.(shown) ?? true)}
      {...props}
    />
  )
}
