/** Whether this browser lays long documents out whole: a screen reader that reads on by itself finds what is laid out. */
import { readItem, writeItem } from '../../browser/storage'

const KEY = 'quire:whole-text'

export const wholeText = {
  get on(): boolean {
    return readItem(KEY) !== null
  },
  toggle(): void {
    writeItem(KEY, this.on ? null : 'yes')
  },
}
