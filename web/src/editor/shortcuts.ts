/** The keys of the editor by the name, in the catalogue, of what they do; and how this machine writes them. */
import { MAC } from './mac'

const heading = (level: number) => `Mod+Alt+${level}`

/** Mod is Ctrl, on a Mac ⌘. */
const KEYS = {
  'block.bullets': 'Mod+Shift+8',
  'block.h1': heading(1),
  'block.h2': heading(2),
  'block.h3': heading(3),
  'block.numbers': 'Mod+Shift+7',
  'block.page': 'Mod+Enter',
  'block.paragraph': 'Mod+Alt+0',
  'block.quote': 'Mod+Shift+B',
  'block.tasks': 'Mod+Shift+9',
  'document.print': 'Mod+P',
  'emoji.title': ':',
  'find.next': 'Mod+G',
  'find.previous': 'Mod+Shift+G',
  'find.term': 'Mod+F',
  'find.title': 'Mod+F',
  'menu.copy': 'Mod+C',
  'menu.cut': 'Mod+X',
  'menu.paste': 'Mod+V',
  'menu.select.all': 'Mod+A',
  'picture.larger': 'Alt+Shift+↑',
  'picture.smaller': 'Alt+Shift+↓',
  'shortcuts.blocks': '/',
  'shortcuts.down': 'Alt+Shift+↓',
  'shortcuts.leave': 'Esc+Tab',
  'shortcuts.paste': 'Mod+Shift+V',
  'shortcuts.title': 'Mod+/',
  'shortcuts.toolbar': 'Alt+F10',
  'shortcuts.up': 'Alt+Shift+↑',
  'toolbar.align.center': 'Mod+Shift+E',
  'toolbar.align.justify': 'Mod+Shift+J',
  'toolbar.align.left': 'Mod+Shift+L',
  'toolbar.align.right': 'Mod+Shift+R',
  'toolbar.bold': 'Mod+B',
  'toolbar.clear': 'Mod+\\',
  'toolbar.code': 'Mod+E',
  'toolbar.highlight': 'Mod+Shift+H',
  'toolbar.indent': 'Mod+]',
  'toolbar.italic': 'Mod+I',
  'toolbar.link': 'Mod+K',
  'toolbar.outdent': 'Mod+[',
  'toolbar.redo': 'Mod+Shift+Z',
  'toolbar.size.larger': 'Mod+Shift+.',
  'toolbar.size.smaller': 'Mod+Shift+,',
  'toolbar.strike': 'Alt+Shift+5',
  'toolbar.subscript': 'Mod+,',
  'toolbar.superscript': 'Mod+.',
  'toolbar.underline': 'Mod+U',
  'toolbar.undo': 'Mod+Z',
  'words.title': 'Mod+Shift+C',
} as const

export type Shortcut = keyof typeof KEYS

const NAMES: Record<string, string> = MAC ? { Mod: '⌘', Shift: '⇧', Alt: '⌥' } : { Mod: 'Ctrl' }

/** Each of the keys of a shortcut, as this machine names it. */
export function keysOf(shortcut: Shortcut): string[] {
  return named(KEYS[shortcut])
}

/** The keys of a shortcut in one word. */
export function keysHere(shortcut: Shortcut): string {
  return joined(keysOf(shortcut))
}

/** The keys that make a heading of this level. */
export function headingKeys(level: number): string {
  return joined(named(heading(level)))
}

// The plus sign between keys, not the one that is a key.
const named = (keys: string) => keys.split(/\+(?=.)/).map((key) => NAMES[key] ?? key)
const joined = (keys: string[]) => keys.join(MAC ? '' : '+')
