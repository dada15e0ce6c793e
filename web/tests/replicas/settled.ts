/** Resolves in a later turn: the binding and the editor's plugins do some of their work only then. */
export const settled = (): Promise<void> => new Promise((done) => setTimeout(done, 0))
