/** The origin of words that are written again: to undo is their author's, as before. */
export const RESCUED = Symbol('rescued')
