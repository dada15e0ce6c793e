/** Other people's carets and selections: named, coloured, without width, so that text does not move. */

interface User {
  name?: string
  color?: string
}

function color(user: User): string {
  return /^#[0-9a-f]{6}$/i.test(user.color ?? '') ? String(user.color) : '#5b4ab5'
}

export function caret(user: User): HTMLElement {
  const cursor = document.createElement('span')
  cursor.className = 'caret'
  cursor.setAttribute('aria-hidden', 'true')
  cursor.style.setProperty('--caret', color(user))
  const label = document.createElement('span')
  label.className = 'caret-label'
  label.textContent = String(user.name ?? '').slice(0, 40)
  cursor.append(label)
  return cursor
}

export function caretSelection(user: User) {
  return { class: 'caret-selection', style: `background-color: ${color(user)}33`, nodeName: 'span' }
}
