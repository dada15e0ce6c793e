/** Dates and spans of time as the reader's language writes them. */
import i18next from 'i18next'

/** The app's language, in the regional form that the browser asks for: a Briton reads 14:03, an American 2:03 PM. */
function locale(): string {
  const { language } = i18next
  return navigator.languages.find((wanted) => wanted === language || wanted.startsWith(`${language}-`)) ?? language
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** "in 3 minutes", "5 hours ago", "yesterday", "now": `span` is milliseconds from now, negative for the past. */
export function fromNow(span: number): string {
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' })
  const size = Math.abs(span)
  if (size < MINUTE) return format.format(span > 0 ? Math.ceil(span / 1000) : 0, 'second')
  if (size < HOUR) return format.format(Math.round(span / MINUTE), 'minute')
  if (size < DAY) return format.format(Math.round(span / HOUR), 'hour')
  return format.format(Math.round(span / DAY), 'day')
}

/** A moment of the past in a list: relative within a week, then a date. */
export function moment(iso: string, now: number): string {
  const then = Date.parse(iso)
  if (now - then < 7 * DAY) return fromNow(Math.min(0, then - now))
  const sameYear = new Date(then).getFullYear() === new Date(now).getFullYear()
  return new Intl.DateTimeFormat(locale(), {
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
  }).format(then)
}

export function dateAndTime(iso: string): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'short' }).format(Date.parse(iso))
}

/** The time, with the day unless it is today. */
export function timeAndDay(milliseconds: number): string {
  const today = new Date(milliseconds).toDateString() === new Date().toDateString()
  return new Intl.DateTimeFormat(locale(), {
    timeStyle: 'short',
    ...(today ? {} : { dateStyle: 'short' }),
  }).format(milliseconds)
}

export function number(value: number): string {
  return new Intl.NumberFormat(locale()).format(value)
}

/** "A, B and C" */
export function listed(names: string[]): string {
  return new Intl.ListFormat(locale()).format(names)
}
