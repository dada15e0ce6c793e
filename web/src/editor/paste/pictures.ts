/**
 * Pictures in pasted text. What the clipboard holds is handed out for upload; what lies elsewhere is not fetched,
 * since fetching tells its server who pasted what and when: a link stands in its place.
 */
import { attachmentPath, safeAddress } from '../links'
import { declarations, elements, pixels } from './dom'

/** A picture that is to be uploaded; `id` is its block's. */
export interface PastedPicture {
  id: string
  file: () => Promise<File>
}

export interface PictureOptions {
  /** Picture files that came beside the text. */
  files: File[]
  /** The address of this document's own pictures, which stay as they are. */
  own: string
  /** Brings a picture of another document on this server. */
  fetched: (address: string) => Promise<Blob>
  newId: () => string
  /** What stands for a picture that lies elsewhere, or that the clipboard left out. */
  describe: (kind: 'remote' | 'missing', name: string) => string
}

const DATA = /^data:(image\/(?:png|jpeg|gif|webp));base64,([A-Za-z0-9+/=\s]+)$/i

/** A picture too small to see tells somebody's server that it was opened. */
function isTracker(image: HTMLElement): boolean {
  const style = declarations(image)
  const sides = ['width', 'height'].map((side) => pixels(image.getAttribute(side)) ?? pixels(style.get(side)))
  return sides.some((side) => side !== null && side <= 2) || style.get('opacity') === '0'
}

function decoded(kind: string, base64: string): File {
  const bytes = Uint8Array.from(atob(base64.replace(/\s/g, '')), (character) => character.charCodeAt(0))
  return new File([bytes], `picture.${kind.split('/')[1]}`, { type: kind })
}

function asFile(content: Blob): File {
  return new File([content], 'picture', { type: content.type })
}

function nameOf(image: HTMLElement, src: string): string {
  const alt = image.getAttribute('alt')?.trim().slice(0, 200)
  if (alt) return alt
  try {
    return decodeURIComponent(new URL(src).pathname.split('/').pop() ?? '').slice(0, 80) || new URL(src).hostname
  } catch {
    return ''
  }
}

/** What stood between a picture and the words around it ends one paragraph and begins the next. */
function trimBeside(paragraph: HTMLElement, image: HTMLElement): void {
  const walker = paragraph.ownerDocument.createTreeWalker(paragraph, 4 /* text */)
  walker.currentNode = image
  const behind = walker.nextNode() as Text | null
  walker.currentNode = image
  const before = walker.previousNode() as Text | null
  if (before) before.data = before.data.trimEnd()
  if (behind) behind.data = behind.data.trimStart()
}

export function pictures(body: HTMLElement, options: PictureOptions): PastedPicture[] {
  const found: PastedPicture[] = []
  const images = elements(body, 'img').filter((image) => {
    if (isTracker(image)) image.remove()
    return body.contains(image)
  })
  const without = images.filter((image) => !DATA.test(image.getAttribute('src') ?? ''))
  const beside = without.length === options.files.length ? [...options.files] : []
  for (const image of images) {
    const src = image.getAttribute('src') ?? ''
    const hold = (file: () => Promise<File>) => {
      const id = options.newId()
      image.setAttribute('src', '')
      image.setAttribute('data-id', id)
      found.push({ id, file })
    }
    const data = DATA.exec(src)
    const own = attachmentPath(src)
    if (data) hold(() => Promise.resolve(decoded(data[1] ?? '', data[2] ?? '')))
    else if (own?.startsWith(options.own)) image.setAttribute('src', own)
    else if (beside.length > 0) {
      const file = beside.shift() as File
      hold(() => Promise.resolve(file))
    } else if (own && (src.startsWith('/') || src.startsWith(location.origin)))
      hold(async () => asFile(await options.fetched(own)))
    else {
      const address = safeAddress(src)
      const remote = address !== null && /^https?:/i.test(address)
      const stand = body.ownerDocument.createElement(remote && !image.closest('a') ? 'a' : 'em')
      stand.textContent = options.describe(remote ? 'remote' : 'missing', nameOf(image, src))
      if (remote) stand.setAttribute('href', address)
      image.replaceWith(stand)
    }
  }
  // A picture is a block: a paragraph that only wrapped it would stay behind, empty.
  for (const image of elements(body, 'p img')) {
    const paragraph = image.closest('p')
    if (paragraph?.textContent?.trim() === '') paragraph.replaceWith(...elements(paragraph, 'img'))
    else if (paragraph) trimBeside(paragraph, image)
  }
  return found
}
