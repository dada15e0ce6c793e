import { BubbleMenu, type BubbleMenuProps } from '@tiptap/react/menus'
import { useRef } from 'react'

/** Tools beside what they change. TipTap makes a stop of Tab of what holds them: one without a name or a use. */
export function Bubble({ options, ...props }: BubbleMenuProps) {
  const holder = useRef<HTMLDivElement>(null)
  const onShow = () => {
    if (holder.current) holder.current.tabIndex = -1
  }
  return <BubbleMenu ref={holder} options={{ ...options, onShow }} {...props} />
}
