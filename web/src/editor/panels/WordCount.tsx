import { Modal } from '@mantine/core'
import type { Editor } from '@tiptap/core'
import { useTranslation } from 'react-i18next'
import { number } from '../../i18n/format'

interface Counts {
  words: number
  characters: number
}

function count(text: string): Counts {
  const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' })
  let words = 0
  for (const piece of segmenter.segment(text)) if (piece.isWordLike) words += 1
  return { words, characters: [...text.replace(/\n/g, '')].length }
}

interface Props {
  editor: Editor
  opened: boolean
  onClose: () => void
}

/** How many words and characters the document has, and what is selected of it. */
export function WordCount({ editor, opened, onClose }: Props) {
  const { t } = useTranslation()
  return (
    <Modal opened={opened} onClose={onClose} title={t('words.title')}>
      <CountTable editor={editor} />
    </Modal>
  )
}

function CountTable({ editor }: { editor: Editor }) {
  const { t } = useTranslation()
  const { doc, selection } = editor.state
  const all = count(doc.textBetween(0, doc.content.size, '\n'))
  const part = selection.empty ? null : count(doc.textBetween(selection.from, selection.to, '\n'))
  return (
    <table className="word-count">
      <tbody>
        {(['words', 'characters'] as const).map((key) => (
          <tr key={key}>
            <th scope="row">{t(`words.${key}`)}</th>
            <td>{part ? t('words.selected', { part: number(part[key]), all: number(all[key]) }) : number(all[key])}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
