import { dateAndTime, moment } from './format'
import { useNow } from './useNow'

/** A moment of the past, short; the full date is its title. */
export function Moment({ at }: { at: string }) {
  return (
    <time dateTime={at} title={dateAndTime(at)}>
      {moment(at, useNow())}
    </time>
  )
}
