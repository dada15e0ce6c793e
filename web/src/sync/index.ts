export { isUnheard } from './made'
export { GUEST, keptInfo } from './notes'
export { DocumentSession } from './session'
export { useDocumentSession, useSessionPart, useSessionState } from './useDocumentSession'
