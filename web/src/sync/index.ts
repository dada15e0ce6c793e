export { clearLocalStores, unsentDocuments } from './local'
export { DocumentSession } from './session'
export { useDocumentSession, useSessionState } from './useDocumentSession'
export type { ProblemKind, SaveStatus, SessionState } from './types'
