import { useState, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'

const ROWS = 8
const COLUMNS = 8

/** Asks how large a table is to be: by pointing, or with the arrow keys and Enter. */
export function TableGrid({ onPick }: { onPick: (rows: number, columns: number) => void }) {
  const { t } = useTranslation()
  const [rows, setRows] = useState(3)
  const [columns, setColumns] = useState(3)
  const keys = (event: KeyboardEvent) => {
    const steps: Record<string, [number, number]> = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
    }
    const move = steps[event.key]
    if (!move || (event.key === 'ArrowLeft' && columns === 1)) return
    event.preventDefault()
    event.stopPropagation()
    setRows(Math.max(1, Math.min(ROWS, rows + move[0])))
    setColumns(Math.max(1, Math.min(COLUMNS, columns + move[1])))
  }
  const size = t('table.size', { rows, columns })
  return (
    <button
      type="button"
      role="menuitem"
      className="table-grid"
      aria-label={`${t('table.insert')} ${size}`}
      data-menu-item
      data-autofocus
      onKeyDown={keys}
      onClick={() => onPick(rows, columns)}
    >
      <span className="table-grid-cells">
        {Array.from({ length: ROWS * COLUMNS }, (_, index) => {
          const row = Math.floor(index / COLUMNS) + 1
          const column = (index % COLUMNS) + 1
          const point = () => {
            setRows(row)
            setColumns(column)
          }
          return <span key={index} data-on={row <= rows && column <= columns} onPointerEnter={point} />
        })}
      </span>
      <span aria-live="polite">{size}</span>
    </button>
  )
}
