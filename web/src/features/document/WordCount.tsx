import { Table } from '@mantine/core'
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

export function WordCount({ editor }: { editor: Editor }) {
  const { t } = useTranslation()
  const { doc, selection } = editor.state
  const all = count(doc.textBetween(0, doc.content.size, '\n'))
  const part = selection.empty ? null : count(doc.textBetween(selection.from, selection.to, '\n'))
  return (
    <Table>
      <Table.Tbody>
        {(['words', 'characters'] as const).map((key) => (
          <Table.Tr key={key}>
            <Table.Th>{t(`words.${key}`)}</Table.Th>
            <Table.Td>
              {part ? t('words.selected', { part: number(part[key]), all: number(all[key]) }) : number(all[key])}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}
