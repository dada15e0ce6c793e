/** Visitors without an account get a friendly name, kept in this browser only, which they can change. */
import i18next from 'i18next'
import { uuidv4 } from 'lib0/random'
import { readJson, writeItem } from '../browser/storage'
import { COLORS } from './colors'
import type { Me } from './own'
import { MARK } from './shownId'

const KEY = 'quire:guest'
const ANIMALS = ['otter', 'heron', 'lynx', 'badger', 'robin', 'marten', 'swift', 'beaver', 'puffin', 'hare']

function pick(list: string[]): string {
  return list[Math.floor(Math.random() * list.length)] ?? ''
}

/** The visitor of this browser. */
export function guest(): Me {
  const known = readJson<Partial<Me>>(KEY)
  if (known?.id?.startsWith(MARK) && known.name && known.color) return known as Me
  const animal = i18next.t(`animal.${pick(ANIMALS)}`)
  return keep({ id: MARK + uuidv4(), name: i18next.t('guest.anonymous', { animal }), color: pick(COLORS) })
}

/** The same visitor under another name. */
export function renameGuest(me: Me, name: string): Me {
  return keep({ ...me, name })
}

function keep(me: Me): Me {
  writeItem(KEY, JSON.stringify(me))
  return me
}
