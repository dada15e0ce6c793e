import { Color } from '@tiptap/extension-text-style'

/** A text colour that is also a custom property, so that a dark page can lighten it; stored as it was chosen. */
export const Ink = Color.extend({
  addGlobalAttributes() {
    return (this.parent?.() ?? []).map((group) => ({
      ...group,
      attributes: {
        ...group.attributes,
        color: {
          ...group.attributes.color,
          renderHTML: ({ color }: { color?: string | null }) =>
            color ? { style: `--ink: ${color}; color: ${color}` } : {},
        },
      },
    }))
  },
})
