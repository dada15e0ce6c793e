/** What documents without a title are called, in every language of the app: who made one may read another. */
export const UNTITLED = ['Untitled document', 'Unbenanntes Dokument', 'مستند بلا عنوان']
