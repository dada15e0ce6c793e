/** Puts things on the clipboard of a page and pastes them, as other programs would. */
import type { Page } from '@playwright/test'

interface Clipboard {
  html?: string
  text?: string
  /** A PNG of this size. */
  picture?: { name: string; width: number; height: number }
}

export async function paste(page: Page, content: Clipboard): Promise<void> {
  await page.evaluate(async ({ html, text, picture }) => {
    const data = new DataTransfer()
    if (html !== undefined) data.setData('text/html', html)
    if (text !== undefined) data.setData('text/plain', text)
    if (picture) {
      const canvas = Object.assign(document.createElement('canvas'), picture)
      canvas.getContext('2d')?.fillRect(0, 0, picture.width / 2, picture.height / 2)
      const bytes = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'))
      if (bytes) data.items.add(new File([bytes], picture.name, { type: 'image/png' }))
    }
    const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
    document.querySelector('.sheet-text')?.dispatchEvent(event)
  }, content)
}

/** What copying the selection of a page puts on the clipboard. */
export async function copied(page: Page): Promise<string> {
  return page.evaluate(() => {
    const clipboardData = new DataTransfer()
    const event = new ClipboardEvent('copy', { clipboardData, bubbles: true, cancelable: true })
    document.querySelector('.sheet-text')?.dispatchEvent(event)
    return clipboardData.getData('text/html')
  })
}

/** A PNG as an address that holds its bytes. */
export async function pictureData(page: Page, width: number, height: number): Promise<string> {
  return page.evaluate(
    ([wide, high]) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: wide, height: high })
      canvas.getContext('2d')?.fillRect(0, 0, wide / 2, high / 2)
      return canvas.toDataURL('image/png')
    },
    [width, height] as const,
  )
}
