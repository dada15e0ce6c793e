import { Loader, Modal, Text, TextInput } from '@mantine/core'
import type { Editor } from '@tiptap/core'
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { sideways } from '../../browser/arrows'
import { loadEmoji, search, type Emoji } from './data'

const GROUPS = [0, 1, 3, 4, 5, 6, 7, 8, 9]
const MOST_FOUND = 120

/** Which sign a key leads to; where the rows begin is read from the page. */
function signAt(signs: HTMLElement[], at: number, key: string): number | undefined {
  const aside = sideways(key)
  if (aside) return at + aside
  if (key !== 'ArrowDown' && key !== 'ArrowUp') return undefined
  const step = key === 'ArrowDown' ? 1 : -1
  const place = (index: number) => signs[index]?.getBoundingClientRect()
  const { top = 0, left = 0 } = place(at) ?? {}
  let row: number | undefined
  let nearest: number | undefined
  for (let index = at + step; ; index += step) {
    const here = place(index)
    if (!here || (row !== undefined && here.top !== row)) return nearest
    if (here.top === top) continue
    row = here.top
    const distance = (of: number) => Math.abs((place(of)?.left ?? 0) - left)
    if (nearest === undefined || distance(index) < distance(nearest)) nearest = index
  }
}

/** All emoji by kind, and a search. The one that is chosen is typed at the caret. */
export function EmojiPicker({ editor, onClose }: { editor: Editor; onClose: () => void }) {
  const { t, i18n } = useTranslation()
  const [all, setAll] = useState<Emoji[] | null>(null)
  const [query, setQuery] = useState('')
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    let wanted = true
    void loadEmoji(i18n.language).then((emoji) => wanted && setAll(emoji))
    return () => {
      wanted = false
    }
  }, [i18n.language])
  const parts = useMemo(() => {
    if (!all) return []
    if (query.trim()) return [{ name: '', emoji: search(all, query.trim(), MOST_FOUND) }]
    return GROUPS.map((group) => ({
      name: t(`emoji.group.${group}`),
      emoji: all.filter((item) => item.group === group),
    }))
  }, [all, query, t])
  const choose = (sign: string) => {
    onClose()
    editor.chain().focus().insertContent(sign).run()
  }
  const leave = () => {
    onClose()
    editor.commands.focus()
  }
  const signs = () => [...(list.current?.querySelectorAll<HTMLElement>('button') ?? [])]
  const move = (event: KeyboardEvent) => {
    const all = signs()
    const next = signAt(all, all.indexOf(event.target as HTMLElement), event.key)
    if (next === undefined) return
    event.preventDefault()
    all[next]?.focus()
  }
  return (
    <Modal opened onClose={leave} title={t('emoji.title')} closeButtonProps={{ 'aria-label': t('cancel') }}>
      <TextInput
        aria-label={t('emoji.search')}
        placeholder={t('emoji.search')}
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
        onKeyDown={(event) => {
          const first = parts[0]?.emoji[0]
          if (event.key === 'Enter' && query.trim() && first) {
            event.preventDefault()
            choose(first.sign)
          }
          if (event.key === 'ArrowDown') {
            event.preventDefault()
            signs()[0]?.focus()
          }
        }}
        data-autofocus
      />
      {/* The keys move the focus between buttons that work without them. */}
      {/* eslint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div className="emoji-list" ref={list} onKeyDown={move}>
        {!all && <Loader size="sm" aria-label={t('loading')} />}
        {all && parts[0]?.emoji.length === 0 && <Text size="sm">{t('emoji.none')}</Text>}
        {parts.map(({ name, emoji }) => (
          <section key={name} aria-label={name || t('emoji.search')}>
            {name && <h3>{name}</h3>}
            <div className="emoji-grid">
              {emoji.map(({ sign, label }) => (
                <button key={sign} type="button" aria-label={label} title={label} onClick={() => choose(sign)}>
                  {sign}
                </button>
              ))}
            </div>
          </section>
        ))}
      </div>
    </Modal>
  )
}
