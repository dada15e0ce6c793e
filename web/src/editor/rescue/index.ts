/**
 * Words that somebody types into a block while another replaces it.
 *
 * Why. ProseMirror has no "make this a heading" that Yjs could merge: the binding deletes the block and inserts a copy; to
 * split does so with its second half, to join with the whole. Yjs merges that faithfully: letters that the copier had not
 * received stay in the deleted block. Nobody meant to delete them.
 *
 * Who. Only the browser that wrote a letter writes it again (`WrittenAt`, from the session's authorship): so it comes once,
 * and the server need not understand documents. A tab that opens later looks after what an earlier one wrote.
 *
 * When. In each transaction that brings others' changes, before the editor draws them and moves the caret. If nobody
 * replaces anything, nothing is written. Where letters that were not seen are gone without a copy, one is waited for.
 *
 *   transaction ──► interleaving     others' letters came into a word that is being typed: it is joined again
 *               ──► splitTail        the end of a block went elsewhere: the words that were not seen follow it
 *               ──► deletedText      what each deleted block said: whose, seen or not, erased or not
 *                       │
 *                       ├─ twinCell       the same cell stands twice: into the other
 *                       ├─ exactCopy      the copy is the text without its newest own letters: those are put in
 *                       ├─ editedCopy     the copier went on: they are put where the letters around them are now
 *                       └─ emptiedBlock   the block was empty for whoever deleted it: a paragraph of their own
 *                                │
 *                                └─► changes ─► one transaction of the origin RESCUED, which undo counts as its author's
 *
 * A copy is looked for among the `candidates` (pieces that others wrote, `insertedRuns`): by the id of its block, by its
 * place among the lines of the block, by its words. What its maker had seen: an update names each letter that it deletes,
 * and one that is not named was not known. The server's own updates name all; there one's own letters are parted, by the
 * order of writing, where that explains most of what the copy has.
 *
 * Comparing has a limit for each transaction. If in doubt, words stay where they are.
 *
 * `othersWords` is the other direction: what one's own undo would take away of others' words.
 */
export { RESCUED } from './origin'
export { keepOthersWords } from './othersWords'
export { rescueWords } from './rescue'
