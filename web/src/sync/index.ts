export { isUnheard } from './outbox/madeOffline'
export { DocumentSession } from './session/session'
export { useDocumentSession, useSessionPart, useSessionState } from './session/useDocumentSession'
export { GUEST, keptInfo } from './storage/notes'
