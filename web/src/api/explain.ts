/** What an error means for the person in front of it, in their language and in the words of the form. */
import type { TFunction } from 'i18next'
import { fromNow } from '../i18n/format'
import { NetworkError, Problem } from './client'

interface FieldError {
  field: string
  message: string
  code?: string
  limit?: number
}

/** One sentence or two: what happened, and what to do. */
export function explain(t: TFunction, error: unknown): string {
  if (error instanceof NetworkError) return t('error.network')
  if (!(error instanceof Problem)) return t('error.unknown')
  if (error.status === 429) return t('error.wait', { when: fromNow((error.retryAfter ?? 60) * 1000) })
  // An answer that is not Quire's own, a proxy's for instance, has nothing to say to a person.
  if (!error.body.detail) return t('error.unknown')
  return t(`problem.${String(error.body.code)}`, { defaultValue: error.detail, request: error.body.request })
}

/** What is wrong with one field of a form, if the server complained about it. */
export function explainField(t: TFunction, error: unknown, field: string): string | undefined {
  if (!(error instanceof Problem)) return undefined
  const found = (error.body.errors as FieldError[] | undefined)?.find((item) => item.field === field)
  if (!found) return undefined
  return t(`invalid.${field}.${found.code}`, {
    defaultValue: t(`invalid.${found.code}`, { count: found.limit ?? 0, defaultValue: found.message }),
  })
}
