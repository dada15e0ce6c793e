import { Autocomplete } from '@mantine/core'
import { IconMinus, IconPlus } from '@tabler/icons-react'
import type { Editor } from '@tiptap/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { sizeWithin } from '../extensions/sizeSteps'
import { ToolButton } from './ToolButton'

const SIZES = [8, 9, 10, 11, 12, 14, 16, 18, 24, 30, 36, 48, 60, 72, 96].map(String)

/** The size of characters in points: typed, chosen from a list, or stepped. Blank while the text has several. */
export function SizeField({ editor, size }: { editor: Editor; size: number | null }) {
  const { t } = useTranslation()
  /** What is being typed; Enter makes it the size. */
  const [draft, setDraft] = useState<string | null>(null)
  const apply = (typed: string | null) => {
    const points = parseFloat((typed ?? '').replace(',', '.'))
    const chain = editor.chain().focus()
    if (Number.isFinite(points)) chain.setFontSize(`${sizeWithin(points)}pt`)
    chain.run()
  }
  return (
    <>
      <ToolButton
        label={t('toolbar.size.smaller')}
        shortcut="toolbar.size.smaller"
        icon={<IconMinus size={16} />}
        onClick={() => editor.chain().focus().changeFontSize(-1).run()}
      />
      <Autocomplete
        w={46}
        size="xs"
        dir="ltr"
        className="size-field"
        inputMode="decimal"
        aria-label={t('toolbar.size')}
        value={draft ?? (size === null ? '' : String(size))}
        data={SIZES}
        // All of them, whatever is typed.
        filter={({ options }) => options}
        openOnFocus={false}
        onFocus={(event) => event.currentTarget.select()}
        onBlur={() => setDraft(null)}
        onChange={setDraft}
        onOptionSubmit={apply}
        onKeyDown={(event) => {
          const chosen = event.currentTarget.getAttribute('aria-activedescendant')
          if (event.key !== 'Enter' || chosen) return
          event.preventDefault()
          apply(draft)
        }}
      />
      <ToolButton
        label={t('toolbar.size.larger')}
        shortcut="toolbar.size.larger"
        icon={<IconPlus size={16} />}
        onClick={() => editor.chain().focus().changeFontSize(1).run()}
      />
    </>
  )
}
