export { isUnheard } from './made'
export { keptInfo } from './notes'
export { DocumentSession } from './session'
export { useDocumentSession, useSessionPart, useSessionState } from './useDocumentSession'
