/** Texts that others deleted with words in them that were written here. */
import * as Y from 'yjs'
import { namesDeleted, type Named } from '../../sync'
import { blockId, linesOf } from './block'
import { isNewIn } from './items'
import { said, spelled, type Letter, type WrittenAt } from './letters'
import { previousText } from './previousText'
import type { RecentDeletions } from './recentDeletions'

/** What is known of a text when it is deleted: Yjs forgets most of it soon after. */
export interface DeletedText {
  text: Y.XmlText
  letters: readonly (Letter & { id: Y.ID })[]
  blockId: unknown
  /** Which of the lines of its block it was, of those that said something. */
  line: number
  /** The end of the block before, which this one may have been joined to before both were replaced. */
  before: { blockId: unknown; words: string } | null
}

/** Those that a transaction deleted as a whole. */
export function deletedTexts(
  transaction: Y.Transaction,
  writtenAt: WrittenAt,
  deletions: RecentDeletions,
): DeletedText[] {
  const texts = holders(transaction, writtenAt, deletions)
  const named = texts.size > 0 ? namesDeleted(transaction) : null
  const lines = new Map<unknown, Map<Y.XmlText, number>>()
  return [...texts].map((text) => {
    const { parent } = text
    const inBlock = lines.get(parent) ?? linesOf(text, (one) => saidBefore(one, transaction) !== '')
    lines.set(parent, inBlock)
    return {
      text,
      letters: lettersOf(text, transaction, writtenAt, named, deletions),
      blockId: blockId(text),
      line: inBlock.get(text) ?? 0,
      before: blockBefore(text, transaction),
    }
  })
}

/** Texts that held words written here, or did lately. */
function holders(transaction: Y.Transaction, writtenAt: WrittenAt, deletions: RecentDeletions): Set<Y.XmlText> {
  const found = new Set<Y.XmlText>()
  Y.iterateDeletedStructs(transaction, transaction.deleteSet, (struct) => {
    if (!(struct instanceof Y.Item)) return
    const { content, parent } = struct
    if (content instanceof Y.ContentType && content.type instanceof Y.XmlText) {
      for (let item = content.type._start; item; item = item.right) {
        if (!Y.isDeleted(transaction.deleteSet, item.id) && deletions.within(item).length > 0) found.add(content.type)
      }
    }
    if (!(content instanceof Y.ContentString)) return
    if (parent instanceof Y.XmlText && parent._item?.deleted && writtenAt(struct.lastId) !== null) found.add(parent)
  })
  return found
}

/**
 * What a text said until this transaction, with what had been written here and erased in it lately; `named` tells which
 * letters were deleted one by one. Who had more than that knew what was erased, and no copy of theirs has it.
 */
function lettersOf(
  text: Y.XmlText,
  transaction: Y.Transaction,
  writtenAt: WrittenAt,
  named: Named,
  deletions: RecentDeletions,
): DeletedText['letters'] {
  const letters: (Letter & { id: Y.ID })[] = []
  for (let item = text._start; item !== null; item = item.right) {
    if (isNewIn(transaction, item)) continue
    const erased = !Y.isDeleted(transaction.deleteSet, item.id)
    const there = item.content instanceof Y.ContentString ? item.content.str : ''
    const pieces: readonly { id: Y.ID; letter: string; next?: Y.ID }[] = erased
      ? deletions.within(item)
      : spelled(item.id, there)
    for (const { id, letter, next } of pieces) {
      const at = writtenAt(id)
      if (erased && at === null) continue
      // In doubt nothing is erased in what others wrote.
      const isUnseen = named ? !named(id, next) : erased
      letters.push({ id, letter, writtenAt: at, unseen: at !== null && isUnseen, erased })
    }
  }
  return letters
}

/** What a text said that this transaction deleted; nothing if it is still there. */
function saidBefore(text: Y.XmlText, transaction: Y.Transaction): string {
  let words = ''
  for (let item = text._start; item !== null; item = item.right) {
    if (isNewIn(transaction, item) || !Y.isDeleted(transaction.deleteSet, item.id)) continue
    if (item.content instanceof Y.ContentString) words += item.content.str
  }
  return words
}

function blockBefore(text: Y.XmlText, transaction: Y.Transaction): DeletedText['before'] {
  const wasThere = (item: Y.Item): boolean =>
    item.deleted ? Y.isDeleted(transaction.deleteSet, item.id) : !isNewIn(transaction, item)
  const before = previousText(text, wasThere)
  if (!before || blockId(before) === blockId(text)) return null
  const words = saidBefore(before, transaction)
  // It is still there: whatever was written into it is no copy of this one.
  return words === '' ? null : { blockId: blockId(before), words }
}

/** The same text as it was known to those who deleted some letters by name; they may know what had been erased in it. */
export function knownTo(deleted: DeletedText, named: Named): DeletedText {
  return {
    ...deleted,
    letters: deleted.letters.map((one) => ({ ...one, unseen: one.erased || (one.unseen && !named?.(one.id)) })),
  }
}

/** Whether nobody who took a text away had any of its letters, and some are left. */
export function wasEmpty({ letters }: DeletedText): boolean {
  return letters.every(({ unseen, erased }) => unseen || erased) && left(letters).length > 0
}

/** The letters that were not erased again. */
export function left(letters: readonly Letter[]): Letter[] {
  return letters.filter(({ erased }) => !erased)
}

/** What was written here of a text, and stood in it in the end. */
export function ownWords({ letters }: DeletedText): string {
  return said(left(letters).filter(({ writtenAt }) => writtenAt !== null))
}
