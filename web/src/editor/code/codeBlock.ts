/** A code block with its language written on it, where it can be changed. */
import TiptapCodeBlock from '@tiptap/extension-code-block'
import type { Node } from '@tiptap/pm/model'
import type { EditorView, NodeView, ViewMutationRecord } from '@tiptap/pm/view'
import i18next from 'i18next'
import { common, createLowlight } from 'lowlight'
import { BLOCK_MARKS } from '../extensions/reservedMarks'
import { colouring } from './colouring'

const lowlight = createLowlight(common)

/** How languages write themselves, where it is not just a capital letter. */
const NAMES: Record<string, string> = {
  cpp: 'C++',
  csharp: 'C#',
  css: 'CSS',
  graphql: 'GraphQL',
  ini: 'INI, TOML',
  javascript: 'JavaScript',
  json: 'JSON',
  less: 'Less',
  objectivec: 'Objective-C',
  php: 'PHP',
  plaintext: '',
  'php-template': '',
  'python-repl': '',
  scss: 'SCSS',
  sql: 'SQL',
  typescript: 'TypeScript',
  vbnet: 'VB.NET',
  wasm: 'WebAssembly',
  xml: 'HTML, XML',
  yaml: 'YAML',
}

/** Short names that people write after the fence. */
const SHORT: Record<string, string> = {
  'c++': 'cpp',
  cs: 'csharp',
  html: 'xml',
  js: 'javascript',
  jsx: 'javascript',
  kt: 'kotlin',
  md: 'markdown',
  py: 'python',
  rb: 'ruby',
  rs: 'rust',
  sh: 'bash',
  toml: 'ini',
  ts: 'typescript',
  tsx: 'typescript',
  yml: 'yaml',
}

interface Language {
  language: string
  name: string
}

/** What a block can be in; no language comes first, and its name is the interface's to say. */
const LANGUAGES: readonly Language[] = [
  { language: '', name: '' },
  ...lowlight
    .listLanguages()
    .map((language) => ({ language, name: NAMES[language] ?? (language[0]?.toUpperCase() ?? '') + language.slice(1) }))
    .filter(({ name }) => name !== '')
    .sort((a, b) => a.name.localeCompare(b.name)),
]

class CodeBlockView implements NodeView {
  readonly dom = document.createElement('div')
  readonly contentDOM = document.createElement('code')
  private readonly select = document.createElement('select')
  private readonly block = document.createElement('pre')
  /** Whether somebody reached for the list: until then only its own choice is in it. */
  private reached = false

  constructor(
    private node: Node,
    view: EditorView,
    position: () => number | undefined,
  ) {
    this.dom.className = 'code-block'
    this.select.contentEditable = 'false'
    this.select.setAttribute('aria-label', i18next.t('code.language'))
    this.select.disabled = !view.editable
    this.select.addEventListener('change', () => {
      const at = position()
      if (at === undefined) return
      view.dispatch(view.state.tr.setNodeAttribute(at, 'language', this.select.value || null))
      view.focus()
    })
    for (const reaching of ['pointerdown', 'mousedown', 'focus']) {
      this.select.addEventListener(reaching, () => {
        this.reached = true
        this.offer()
      })
    }
    this.block.append(this.contentDOM)
    this.dom.append(this.select, this.block)
    this.draw()
  }

  private get language(): string {
    const written = (this.node.attrs.language as string | null) ?? ''
    return SHORT[written] ?? written
  }

  private draw(): void {
    this.contentDOM.className = this.language ? `language-${this.language}` : ''
    this.offer()
  }

  private offer(): void {
    const { language } = this
    const own = LANGUAGES.find((choice) => choice.language === language) ?? { language, name: language }
    const others = this.reached ? LANGUAGES : []
    const choices = others.includes(own) ? others : [own, ...others]
    if (this.select.options.length !== choices.length || this.select.options[0]?.value !== choices[0]?.language) {
      this.select.replaceChildren(
        ...choices.map((choice) => new Option(choice.name || i18next.t('code.plain'), choice.language)),
      )
    }
    this.select.value = language
  }

  update(node: Node): boolean {
    if (node.type !== this.node.type) return false
    this.node = node
    this.draw()
    return true
  }

  stopEvent(event: Event): boolean {
    return event.target === this.select
  }

  ignoreMutation(mutation: ViewMutationRecord): boolean {
    return mutation.type !== 'selection' && !this.contentDOM.contains(mutation.target)
  }
}

export const CodeBlock = TiptapCodeBlock.extend({
  marks: BLOCK_MARKS,
  addNodeView() {
    return ({ node, view, getPos }) => new CodeBlockView(node, view, getPos)
  },
  addProseMirrorPlugins() {
    return [...(this.parent?.() ?? []), colouring(this.name, lowlight)]
  },
}).configure({ enableTabIndentation: true, tabSize: 2 })
