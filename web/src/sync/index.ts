export { clearLocalStores, unsentDocuments } from './local'
export { DocumentSession } from './session'
export { useDocumentSession, useSessionPart, useSessionState } from './useDocumentSession'
export type { ProblemKind, SaveStatus, SessionState } from './types'
