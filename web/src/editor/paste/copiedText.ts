/** What is copied, as plain text: a line for every paragraph, a tab between cells. */
import type { Fragment, Node } from '@tiptap/pm/model'
import { unknownWords } from '../extensions/unknownBlock'

export function copiedText(content: Fragment): string {
  return lines(content).join('\n')
}

function lines(content: Fragment): string[] {
  if (content.firstChild?.isInline) return [wordsOf(content.content)]
  return content.content.flatMap((node) => {
    if (node.isTextblock) return [wordsOf(node.children)]
    if (node.type.name === 'unknownBlock') return [unknownWords(node)]
    if (node.type.spec.tableRole !== 'row') return node.isLeaf ? [] : lines(node.content)
    return [node.children.map((cell) => lines(cell.content).join(' ')).join('\t')]
  })
}

function wordsOf(nodes: readonly Node[]): string {
  return nodes.map((node) => (node.type.name === 'hardBreak' ? '\n' : (node.text ?? ''))).join('')
}
