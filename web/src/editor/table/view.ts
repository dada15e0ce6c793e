import { TableView as TiptapTableView } from '@tiptap/extension-table'
import type { Node } from '@tiptap/pm/model'

/** A table on the screen. A column that has no width of its own any more gives up the one it had, as after an undo. */
export class TableView extends TiptapTableView {
  override update(node: Node): boolean {
    for (const column of this.colgroup.children) (column as HTMLElement).style.width = ''
    return super.update(node)
  }
}
