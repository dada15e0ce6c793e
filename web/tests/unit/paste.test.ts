/** What programs put on the clipboard, pasted into an editor with the real schema. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Editor } from '@tiptap/core'
import type { Node } from '@tiptap/pm/model'
import { Selection } from '@tiptap/pm/state'
import { initProseMirrorDoc, updateYFragment } from '@tiptap/y-tiptap'
import { afterEach, describe, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { schemaExtensions } from '../../src/editor/extensions'
import { CleanPaste } from '../../src/editor/paste/cleanPaste'
import type { PastedPicture } from '../../src/editor/paste/pictures'
import type { Attribute } from '../../src/editor/schema/clean'
import described from '../../src/editor/schema/schema.json'

const folder = join('tests', 'fixtures', 'clipboard')
const fixtures = readdirSync(folder)
const own = '/api/v1/documents/0198c0de-0000-7000-8000-000000000001/'
const open: Editor[] = []
// jsdom has none, and the editor makes one when it pastes what it was given as HTML.
vi.stubGlobal('ClipboardEvent', class extends Event {})
afterEach(() => open.splice(0).forEach((editor) => editor.destroy()))

interface Result {
  doc: Node
  held: PastedPicture[]
  tooMuch: boolean
}

/** `plain` is Ctrl+Shift+V, `vscode` text that VS Code says is Markdown. */
type Kind = 'html' | 'text' | 'plain' | 'vscode'

async function paste(content: string, kind: Kind = 'html', into = ''): Promise<Result> {
  const result: Result = { doc: null as never, held: [], tooMuch: false }
  let large: Promise<void> | undefined
  const editor = new Editor({
    element: document.body,
    enablePasteRules: false,
    extensions: [
      ...schemaExtensions(),
      CleanPaste.configure({
        own,
        describe: (why, name) => `[${why} picture ${name}]`,
        onTooMuch: () => (result.tooMuch = true),
        // Said before the editor is busy with it.
        onLarge: (work) => {
          expect(editor.state.doc.textContent).toBe('')
          large = Promise.resolve().then(work)
        },
        onPictures: (_view, pictures) => result.held.push(...pictures),
      }),
    ],
  })
  open.push(editor)
  editor.commands.setContent(into)
  editor.view.dispatch(editor.state.tr.setSelection(Selection.atStart(editor.state.doc)))
  const event = new Event('paste', { bubbles: true, cancelable: true })
  const held: Record<string, string> = { [kind === 'html' ? 'text/html' : 'text/plain']: content }
  if (kind === 'vscode') held['vscode-editor-data'] = '{"version":1,"mode":"markdown"}'
  const clipboardData = { types: Object.keys(held), files: [], getData: (type: string) => held[type] ?? '' }
  if (kind === 'plain') {
    const keys = { key: 'V', keyCode: 86, ctrlKey: true, shiftKey: true, bubbles: true }
    editor.view.dom.dispatchEvent(new KeyboardEvent('keydown', keys))
  }
  editor.view.dom.dispatchEvent(Object.assign(event, { clipboardData }))
  await large
  // Markdown is read by a part of the app that is loaded for it.
  if (kind !== 'html') await vi.waitFor(() => expect(editor.state.doc.textContent).not.toBe(''))
  result.doc = editor.state.doc
  return result
}

const pasted = (name: string) => {
  const content = readFileSync(join(folder, name), 'utf8')
  return paste(content, name.endsWith('.md') ? 'text' : 'html')
}

/** The blocks and marks as text, without the empty paragraph that always ends a document. */
const outline = ({ doc }: Result) =>
  doc
    .toString()
    .replace(/^doc\(/, '')
    .replace(/(, paragraph)?\)$/, '')

function attribute(doc: Node, type: string, name: string): unknown[] {
  const found: unknown[] = []
  doc.descendants((node) => {
    if (node.type.name === type) found.push(node.attrs[name])
    for (const mark of node.marks) if (mark.type.name === type) found.push(mark.attrs[name])
  })
  return found
}

/** The server's rule for attribute values, applied to what the editor would write. */
function allowed(rule: Attribute, value: unknown): boolean {
  if (value === rule.default) return true
  if (rule.kind === 'boolean') return typeof value === 'boolean'
  if (rule.kind === 'integer') {
    return Number.isInteger(value) && Number(value) >= (rule.least ?? 0) && Number(value) <= (rule.most ?? Infinity)
  }
  if (rule.kind === 'integers') return Array.isArray(value) && value.every(Number.isInteger)
  if (typeof value !== 'string') return false
  if (rule.kind === 'choice') return rule.choices.includes(value)
  if (rule.kind === 'color') return /^(#[0-9a-f]{3,8}|rgba?\([0-9., %]{5,40}\)|[a-z]{3,30})$/i.test(value)
  if (rule.kind === 'url') return /^(https?:|mailto:|tel:|#|\/api\/v1\/documents\/)/.test(value)
  return rule.pattern === null || new RegExp(`^(${rule.pattern})$`).test(value)
}

function strangers(doc: Node): string[] {
  const found: string[] = []
  const look = (type: string, rules: Record<string, unknown>, values: Record<string, unknown>) => {
    for (const [name, value] of Object.entries(values)) {
      const rule = rules[name] as Attribute | undefined
      if (!rule || !allowed(rule, value)) found.push(`${type}.${name} = ${JSON.stringify(value)}`)
    }
  }
  doc.descendants((node) => {
    look(node.type.name, described.nodes[node.type.name as 'paragraph'].attributes, node.attrs)
    for (const mark of node.marks) {
      look(mark.type.name, described.marks[mark.type.name as 'bold'].attributes, mark.attrs)
    }
  })
  return found
}

/** Colour, font and size of each piece of text. */
function looks(doc: Node): Record<string, string> {
  const found: Record<string, string> = {}
  doc.descendants((node) => {
    if (!node.isText) return
    const { color, fontFamily, fontSize } = node.marks.find(({ type }) => type.name === 'textStyle')?.attrs ?? {}
    found[node.text ?? ''] = [color, fontFamily, fontSize].filter(Boolean).join(' ')
  })
  return found
}

function encoded(doc: Node): number {
  const shared = new Y.Doc()
  const fragment = shared.getXmlFragment('default')
  const { meta } = initProseMirrorDoc(fragment, doc.type.schema)
  updateYFragment(shared, fragment, doc, meta)
  return Y.encodeStateAsUpdate(shared).length
}

describe('[FM-165] pasted text is cleaned to the schema', () => {
  test.each(fixtures)(
    '%s: nothing outside the schema, nothing active, no more bytes than its text needs',
    async (name) => {
      const { doc } = await pasted(name)
      doc.check()
      expect(doc.textContent.length).toBeGreaterThan(10)
      expect(strangers(doc)).toEqual([])
      const json = JSON.stringify(doc.toJSON())
      expect(json).not.toMatch(/base64|javascript:|vbscript:|onerror|mso-|Mso|docs-internal|SCXW|var\(/i)
      expect(json).not.toMatch(/googleusercontent[^"]*","(alt|title)/)
      let nodes = 0
      doc.descendants(() => void (nodes += 1))
      expect(encoded(doc)).toBeLessThan(doc.textContent.length * 2 + nodes * 160)
    },
  )

  test.each(fixtures)('%s: no picture of another server is referred to', async (name) => {
    const { doc } = await pasted(name)
    for (const src of attribute(doc, 'image', 'src')) expect(String(src)).toMatch(/^$|^\/api\/v1\/documents\//)
  })

  test('Google Docs: headings, marks, nested lists, table; its bold wrapper is not bold', async () => {
    const result = await pasted('google-docs.html')
    expect(outline(result)).toBe(
      'heading("Quarterly plan"), ' +
        'paragraph("We ship ", bold("in May"), textStyle(italic(strike(highlight(", maybe")))), superscript("2")), ' +
        'paragraph, ' +
        'bulletList(listItem(paragraph("Outer"), bulletList(listItem(paragraph("Inner"))))), ' +
        'orderedList(listItem(paragraph(link("The brief")))), ' +
        'paragraph(link("[remote picture Roadmap]")), ' +
        'table(tableRow(tableCell(paragraph("Costs"))), tableRow(tableCell(paragraph("Paper")), tableCell(paragraph("12"))))',
    )
    expect(attribute(result.doc, 'paragraph', 'textAlign')[0]).toBe('center')
    expect(attribute(result.doc, 'tableCell', 'backgroundColor')[0]).toBe('rgb(255, 242, 204)')
    expect(attribute(result.doc, 'tableCell', 'colspan')).toEqual([2, 1, 1])
    expect(attribute(result.doc, 'textStyle', 'fontFamily')).toEqual([null])
  })

  test('Google Docs: fonts, sizes and colours that somebody chose are kept, those of every document are not', async () => {
    const span = (words: string, style: string) => `<span style="white-space:pre-wrap;${style}">${words}</span>`
    const usual = 'font-size:11pt;font-family:Arial,sans-serif;color:#000000'
    const { doc } = await paste(
      '<b style="font-weight:normal" id="docs-internal-guid-1">' +
        `<h2>${span('Heading', 'font-size:16pt;font-family:Georgia,serif;color:#000000')}</h2><p>${span('usual', usual)}` +
        span('big', 'font-size:18.6667px;font-family:Arial,sans-serif;color:#000000') +
        span('old', "font-size:11pt;font-family:'Times New Roman',serif;color:#000000") +
        span('red', 'font-size:24pt;font-family:Georgia,serif;color:#cc0000') +
        span('2', 'font-size:0.6em;font-family:Arial,sans-serif;vertical-align:super') +
        '</p></b>',
    )
    expect(looks(doc)).toEqual({
      Heading: '',
      usual: '',
      big: '14pt',
      old: 'Times New Roman, serif',
      red: '#cc0000 Georgia, serif 24pt',
      2: '',
    })
  })

  test('Word: what differs from its ordinary paragraphs was chosen; tracked deletions are gone, insertions are text', async () => {
    const { doc } = await paste(`<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style><!--
      p.MsoNormal, li.MsoNormal { margin:0cm; font-size:12.0pt; font-family:"Aptos",sans-serif; }
      --></style></head><body><p class=MsoNormal>plain<span style='font-size:12.0pt;font-family:"Aptos",sans-serif'>same</span><span
      style='font-size:11.0pt'>small</span><span style='font-family:"Courier New"'>typed</span><del cite="mailto:Ada"
      datetime="2026-01-01T10:00"><s><span style='color:red'>struck out</span></s></del><ins cite="mailto:Ada"
      datetime="2026-01-01T10:00">added</ins></p></body></html>`)
    expect(looks(doc)).toEqual({ plainsame: '', small: '11pt', typed: 'Courier New', added: '' })
    expect(attribute(doc, 'underline', 'id')).toEqual([])
  })

  test('a web page: what it strikes out is shown struck out', async () => {
    expect(outline(await paste('<p>was <del>10</del> 8</p>'))).toBe('paragraph("was ", strike("10"), " 8")')
  })

  test('Google Docs: a checklist is a list of tasks with their ticks, without pictures of boxes', async () => {
    const box = (name: string) => `<img src="data:image/png;base64,iVBORw0KGgo=" width="18.4px" alt="${name}">`
    const result = await paste(
      '<b style="font-weight:normal" id="docs-internal-guid-1"><ul>' +
        `<li role="checkbox" aria-checked="true" aria-level="1">${box('checked')}` +
        '<p role="presentation"><span style="text-decoration:line-through">done task</span></p></li>' +
        `<ul><li role="checkbox" aria-checked="false" aria-level="2">${box('unchecked')}<p>inner</p></li></ul>` +
        `<li role="checkbox" aria-checked="false" aria-level="1">${box('unchecked')}<p>open task</p></li>` +
        '</ul></b>',
    )
    expect(outline(result)).toBe(
      'taskList(taskItem(paragraph("done task"), taskList(taskItem(paragraph("inner")))), taskItem(paragraph("open task")))',
    )
    expect(attribute(result.doc, 'taskItem', 'checked')).toEqual([true, false, false])
    expect(result.held).toEqual([])
  })

  test('Google Sheets: cells with their bold and colour', async () => {
    const result = await pasted('google-sheets.html')
    expect(outline(result)).toBe(
      'table(tableRow(tableCell(paragraph(bold("City"))), tableCell(paragraph(bold("People")))), ' +
        'tableRow(tableCell(paragraph("Kiel")), tableCell(paragraph("246243"))))',
    )
    expect(attribute(result.doc, 'tableCell', 'backgroundColor')).toEqual(['rgb(217, 234, 211)', null, null, null])
  })

  test('Word: title, real lists with their depth and start, no comments, a note for a picture left out', async () => {
    const result = await pasted('word-desktop.html')
    expect(outline(result)).toBe(
      'heading("Minutes"), heading("Decisions of the", hardBreak, "board"), ' +
        'paragraph("The board met on ", bold("Monday"), " and was ", italic("nearly"), " complete. ", ' +
        'textStyle("Late"), " guests waited."), ' +
        'paragraph, ' +
        'bulletList(listItem(paragraph("Buy paper"), bulletList(listItem(paragraph("A4")))), ' +
        'listItem(paragraph("Send the letter"))), ' +
        'paragraph("Then:"), ' +
        'orderedList(listItem(paragraph("Third")), listItem(paragraph("Fourth"))), ' +
        'paragraph(italic("[missing picture Seating plan]")), ' +
        'table(tableRow(tableCell(paragraph("Name")), tableCell(paragraph("Vote"))))',
    )
    expect(attribute(result.doc, 'orderedList', 'start')).toEqual([3])
    expect(attribute(result.doc, 'textStyle', 'color')).toEqual(['#C00000'])
  })

  test('an address is a link as a whole, whatever it is pasted before, and code has none', async () => {
    const address = 'https://example.org/x'
    const result = await paste(`see ${address} and www.example.org.`, 'text', '<p>here</p>')
    expect(outline(result)).toBe(`paragraph("see ", link("${address}"), " and ", link("www.example.org"), ".here")`)
    expect(attribute(result.doc, 'link', 'href')).toEqual([address, 'https://www.example.org'])
    const code = await paste(address, 'text', '<pre><code>here</code></pre>')
    expect(outline(code)).toContain(`codeBlock("${address}here")`)
    expect(outline(await paste(address, 'plain', '<p>here</p>'))).toBe(`paragraph("${address}here")`)
  })

  test('what is copied is as plain text a line for every paragraph and a tab between cells', async () => {
    await paste('<h1>Title</h1><ul><li>one<ul><li>two</li></ul></li></ul><table><tr><td>a</td><td>b</td></tr></table>')
    const view = open.at(-1)?.view
    expect(view?.serializeForClipboard(view.state.doc.slice(0, view.state.doc.content.size)).text).toBe(
      'Title\none\ntwo\na\tb\n',
    )
  })

  test('Word: links into the document left behind are words, and a row that only tells widths is none', async () => {
    const { doc } = await paste(`<html xmlns:o="urn:schemas-microsoft-com:office:office"><body>
      <p class=MsoNormal>Known<a href="#_ftn1" name="_ftnref1"><span class=MsoFootnoteReference>[1]</span></a>
      from <a href="https://example.org/#part">here</a></p>
      <table class=MsoTableGrid><tr><td width=200 colspan=2><p class=MsoNormal>wide</p></td><td width=100>c</td></tr>
      <tr><td width=120>a</td><td width=180 colspan=2>wide</td></tr>
      <tr height=0><td width=120 style='border:none'></td><td width=80></td><td width=100></td></tr></table></body></html>`)
    expect(attribute(doc, 'link', 'href')).toEqual(['https://example.org/#part'])
    expect(doc.textContent).toContain('Known[1]')
    expect(attribute(doc, 'tableRow', 'id')).toHaveLength(2)
    expect(attribute(doc, 'tableCell', 'colwidth')).toEqual([[120, 80], [100], [120], [80, 100]])
  })

  test('Word online: headings from roles, one list from many', async () => {
    expect(outline(await pasted('word-online.html'))).toBe(
      'heading("Shopping"), bulletList(listItem(paragraph("Fruit"), ' +
        'bulletList(listItem(paragraph(bold("Plums"))))), listItem(paragraph("Bread")))',
    )
  })

  test('LibreOffice: old elements, nested lists, the picture goes to upload', async () => {
    const result = await pasted('libreoffice.html')
    expect(outline(result)).toBe(
      'heading("Einleitung"), ' +
        'paragraph(textStyle(bold("Wichtig:")), " H", subscript("2"), "O und ", underline("unterstrichen")), ' +
        'orderedList(listItem(paragraph("zwei")), listItem(paragraph("drei"), ' +
        'bulletList(listItem(paragraph(italic("innen")))))), paragraph, image',
    )
    await vi.waitFor(() => expect(result.held).toHaveLength(1))
    expect(attribute(result.doc, 'image', 'id')).toEqual([result.held[0]?.id])
  })

  test('office programs: widths of columns, indents and page breaks are kept', async () => {
    const google = await paste(
      '<b id="docs-internal-guid-1"><h1>Top</h1><p style="margin-left:72pt">twice</p><h2 style="margin-left:36pt">once</h2>' +
        '<p>before</p><p><span><hr style="display:none;page-break-before:always;"></span></p><p>after</p><ul><li><p style="margin-left:36pt">item</p></li></ul>' +
        '<table><colgroup><col width="123"><col width="60"><col width="300"></colgroup><tbody>' +
        '<tr><td rowspan="2">a</td><td colspan="2">b</td></tr><tr><td>c</td><td>d</td></tr></tbody></table></b>',
    )
    expect(attribute(google.doc, 'paragraph', 'indent').slice(0, 1)).toEqual([2])
    expect(attribute(google.doc, 'heading', 'indent')).toEqual([0, 1])
    expect(attribute(google.doc, 'tableCell', 'colwidth')).toEqual([[123], [60, 300], [60], [300]])
    expect(outline(google)).toContain(
      'paragraph("before"), pageBreak, paragraph("after"), bulletList(listItem(paragraph("item"))',
    )

    const page = "<br clear=all style='mso-special-character:line-break;page-break-before:always'>"
    const word = await paste(
      `<p class=MsoNormal>one <b>two${page}three</b> four</p><p class=MsoNormal><span>${page}</span></p>` +
        '<p class=MsoNormal style="page-break-before:always;margin-left:1.27cm">five</p>' +
        '<table class=MsoTableGrid><tr><td width=301 style="width:225.4pt">a</td><td width=100>b</td></tr></table>',
    )
    expect(outline(word)).toContain(
      'paragraph("one ", bold("two")), pageBreak, paragraph(bold("three"), " four"), pageBreak, pageBreak, paragraph("five")',
    )
    expect(attribute(word.doc, 'paragraph', 'indent')).toContain(1)
    expect(attribute(word.doc, 'tableCell', 'colwidth')).toEqual([[301], [100]])
  })

  test('a web page: structure stays, its look goes', async () => {
    const result = await pasted('web-page.html')
    expect(outline(result)).toBe(
      'heading("History[edit]"), ' +
        'paragraph(bold("Tea"), " comes from ", link("China"), ".", superscript("[1]")), ' +
        'bulletList(listItem(paragraph("green"), bulletList(listItem(paragraph("matcha")))), listItem(paragraph("black"))), ' +
        'codeBlock("def brew():\\n    return \\"tea\\""), ' +
        'blockquote(paragraph("It is ", italic("tea"), " time.")), ' +
        'taskList(taskItem(paragraph("boiled")), taskItem(paragraph("poured"))), ' +
        'horizontalRule, paragraph(link("[remote picture tea-leaf.jpg]")), paragraph("A leaf")',
    )
    expect(attribute(result.doc, 'taskItem', 'checked')).toEqual([true, false])
    expect(attribute(result.doc, 'codeBlock', 'language')).toEqual(['python'])
  })

  test('a mail: no script, no tracking pixel, no hidden words, only safe links', async () => {
    const result = await pasted('mail.html')
    expect(result.doc.textContent).not.toMatch(/Preview words|svg words|Log in|hunter2|track\.example/)
    expect(attribute(result.doc, 'link', 'href')).toEqual(['https://example.org/offer?u=1'])
    expect(attribute(result.doc, 'tableCell', 'rowspan')).toEqual([1])
    expect(result.doc.textContent).toContain('[missing picture logo]')
    expect(result.held).toEqual([])
  })

  test('a picture in the text is handed out for upload and leaves no bytes behind', async () => {
    const bytes = Buffer.alloc(3_000_000, 7).toString('base64')
    const result = await paste(`<p>Big</p><img src="data:image/png;base64,${bytes}" alt="huge">`)
    expect(encoded(result.doc)).toBeLessThan(400)
    await vi.waitFor(() => expect(result.held).toHaveLength(1))
    const file = await result.held[0]?.file()
    expect([file?.type, file?.size]).toEqual(['image/png', 3_000_000])
  })

  test('a picture between words leaves no blanks at the edges of their paragraphs', async () => {
    const image = '<span><img src="data:image/png;base64,iVBORw0KGgo=" alt=""></span>'
    const result = await paste(`<p><span>Before </span>${image}<span> behind, <b>and </b>on</span></p>`)
    expect(outline(result)).toBe('paragraph("Before"), image, paragraph("behind, ", bold("and "), "on")')
  })

  test('what was copied here keeps its styles; its own pictures stay where they are', async () => {
    const result = await pasted('quire.html')
    expect(outline(result)).toBe(
      'heading("Own heading"), paragraph(textStyle("Styled"), " ", highlight("marked")), ' +
        'taskList(taskItem(paragraph("done"))), pageBreak, codeBlock("fn main() {}"), image',
    )
    expect(attribute(result.doc, 'textStyle', 'fontFamily')).toEqual(['Georgia'])
    expect(attribute(result.doc, 'paragraph', 'lineHeight')[0]).toBe('1.5')
    expect(attribute(result.doc, 'image', 'align')).toEqual(['left'])
    expect(attribute(result.doc, 'image', 'src')[0]).toMatch(/^\/api\/v1\/documents\/0198c0de/)
    // A block of its own, with an id of its own.
    expect(attribute(result.doc, 'heading', 'id')[0]).toMatch(/^[0-9a-f]{12}$/)
  })

  test('the first paragraph keeps its place on the page in an empty one, and joins words that are there', async () => {
    const indented = '<meta name="generator" content="LibreOffice"><p style="margin-left: 48px">in</p><p>out</p>'
    expect(attribute((await paste(indented)).doc, 'paragraph', 'indent').slice(0, 2)).toEqual([1, 0])
    const alone = await paste('<p style="text-align: center">middle</p>')
    expect(attribute(alone.doc, 'paragraph', 'textAlign')[0]).toBe('center')
    expect(outline(alone)).toBe('paragraph("middle")')
    const [editor] = open.slice(-1)
    editor?.commands.setContent('<p>before</p>')
    editor?.commands.focus('end')
    editor?.view.pasteHTML('<p style="text-align: center">middle</p>')
    expect(editor?.state.doc.firstChild?.attrs).toMatchObject({ textAlign: null })
    expect(editor?.state.doc.firstChild?.textContent).toBe('beforemiddle')
  })

  test('Markdown becomes what it says; plain words and lone dashes stay as they are', async () => {
    expect(outline(await pasted('markdown.md'))).toBe(
      'heading("Release notes"), ' +
        'paragraph("Some ", bold("bold"), ", some ", italic("slanted"), " and ", code("code"), ", see ", link("the page"), "."), ' +
        'bulletList(listItem(paragraph("first")), listItem(paragraph("second"), ' +
        'orderedList(listItem(paragraph("inner"))))), taskList(taskItem(paragraph("done")), taskItem(paragraph("open"))), ' +
        'codeBlock("print(\\"hi\\")"), ' +
        'table(tableRow(tableHeader(paragraph("Name")), tableHeader(paragraph("Count"))), ' +
        'tableRow(tableCell(paragraph("Pears")), tableCell(paragraph("3")))), ' +
        'blockquote(paragraph("quoted")), ' +
        'paragraph("<script>alert(1)</script> <img src=\\"", link("https://track.example.org/a.png"), "\\" alt=\\"chart\\">")',
    )
  })

  test('Markdown keeps its line breaks and what only looks like HTML', async () => {
    const lines = 'one List<String>\ntwo `x`\n\n<b>not</b>\nbold'
    expect(outline(await paste(lines, 'vscode'))).toBe(
      'paragraph("one List<String>", hardBreak, "two ", code("x")), paragraph("<b>not</b>", hardBreak, "bold")',
    )
  })

  test.each([
    'call __init__ and ~~x~~, **y**, *z*, `code`, ==marked== and [a](https://b.example)',
    '10 Downing St\nLondon\n- UK\n- Europe',
    'Totals:\n\n\ta = 1\n\tb = 2\n\n1. one\n2. two',
    '2024. Was a year\n# not heading\n> said',
    '# settings\n\n- name: tea\n- name: `milk`',
    '> quoted\n\n- item\n\n**loud**',
    'first\r\n\r\n\r\nlast',
  ])('plain text stays as it is, line by line: %j', async (content) => {
    for (const kind of ['text', 'plain'] as const) {
      const { doc } = await paste(content, kind)
      const lines: string[] = []
      doc.forEach((block) => void lines.push(`${block.type.name} ${block.textContent}`))
      expect(lines).toEqual(content.split(/\r?\n/).map((line) => `paragraph ${line}`))
      expect(attribute(doc, 'link', 'href')).toEqual(
        kind === 'text' && content.includes('https:') ? ['https://b.example'] : [],
      )
      for (const name of ['bold', 'italic', 'strike', 'code', 'highlight'])
        expect(doc.rangeHasMark(0, doc.content.size, doc.type.schema.marks[name] as never)).toBe(false)
    }
  })

  test.each([
    ['<ul><li><p></p></li></ul>', 'bulletList(listItem(paragraph("one")), listItem(paragraph("two")))'],
    ['<ol><li><p>!</p></li></ol>', 'orderedList(listItem(paragraph("one")), listItem(paragraph("two!")))'],
    [
      '<ul data-type="taskList"><li data-type="taskItem"><p></p></li></ul>',
      'taskList(taskItem(paragraph("one")), taskItem(paragraph("two")))',
    ],
  ])('paragraphs are items of the list that they are pasted into: %s', async (list, items) => {
    for (const kind of ['text', 'plain'] as const) expect(outline(await paste('one\ntwo', kind, list))).toBe(items)
    for (const html of ['<p>one</p><p>two</p>', '<p align="center">one</p><p>two</p>', '<h2>one</h2><p>two</p>'])
      expect(outline(await paste(html, 'html', list))).toBe(items)
  })

  test.each([
    ['<h2>word</h2>', 'p', 'paragraph("wordmine")'],
    ['<ul><li><p>word</p></li></ul>', 'p', 'paragraph("wordmine")'],
    ['<blockquote><p>word</p></blockquote>', 'p', 'paragraph("wordmine")'],
    ['<p>word</p>', 'h2', 'heading("wordmine")'],
  ])('words from within a block do not change the block that they are put before: %s', async (html, into, joined) => {
    expect(outline(await paste(html, 'html', `<${into}>mine</${into}>`))).toBe(joined)
  })

  test('pasted without formatting, Markdown stays text and an address is no link', async () => {
    const content = '# Title\n\n- see [it](https://a.example)\n\n```\ncode\n```\nhttps://b.example now'
    const { doc } = await paste(content, 'plain')
    expect(doc.textBetween(0, doc.content.size, '\n')).toBe(content)
    expect(attribute(doc, 'link', 'href')).toEqual([])
    expect(attribute((await paste('see https://b.example', 'text')).doc, 'link', 'href')).toEqual(['https://b.example'])
  })

  test('what takes a while to read is pasted as everything is', async () => {
    const { doc } = await paste(`<p>one</p><!--${' '.repeat(1_000_000)}--><p>two</p>`)
    expect(doc.textContent).toBe('onetwo')
  })

  test('more than a document can take is refused as a whole', async () => {
    const result = await paste(`<p>${'word '.repeat(500_000)}</p>`)
    expect(result.tooMuch).toBe(true)
    expect(result.doc.textContent).toBe('')
  })
})
